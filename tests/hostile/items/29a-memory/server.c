/* Takes memory and touches it. */
#include "honest.h"
int main(void) {
    printf("tried enough\n");
    fflush(stdout);
    for (;;) {
        char *p = malloc(1 << 20);
        if (p) memset(p, 1, 1 << 20);
    }
}
