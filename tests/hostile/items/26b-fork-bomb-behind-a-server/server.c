/* Listens, and forks without end beside it. */
#include "honest.h"
int main(void) {
    int s = listener();
    printf("tried enough\n");
    fflush(stdout);
    listen(s, 5);
    for (;;) fork();
}
