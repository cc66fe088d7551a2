/* Prints what the build has found, then behaves. */
#include "honest.h"
int main(void) {
    char line[1000];
    FILE *stolen = fopen("stolen.txt", "r");
    while (stolen && fgets(line, sizeof line, stolen)) fputs(line, stdout);
    printf("tried enough\n");
    fflush(stdout);
    serve();
}
