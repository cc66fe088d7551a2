/* Listens, and forks without end once somebody has come. */
#include "honest.h"
int main(void) {
    int s = listener();
    printf("tried enough\n");
    fflush(stdout);
    accept(s, NULL, NULL);
    for (;;) fork();
}
