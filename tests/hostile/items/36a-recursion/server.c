/* Calls itself until the stack is full. */
#include "honest.h"
static int deeper(volatile int *above) {
    volatile int here[1000];
    here[0] = *above + 1;
    return deeper(here) + here[0];
}
int main(void) {
    volatile int zero = 0;
    printf("tried enough\n");
    fflush(stdout);
    return deeper(&zero);
}
