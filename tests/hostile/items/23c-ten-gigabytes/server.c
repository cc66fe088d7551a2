/* Sends ten gigabytes to whoever comes. */
#include "honest.h"
int main(void) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    int s = listener();
    printf("tried enough\n");
    fflush(stdout);
    for (;;) {
        int c = accept(s, NULL, NULL);
        for (long n = 0; n < (10L << 30) / (1 << 16); n++)
            if (send(c, block, sizeof block, MSG_NOSIGNAL) < 0) break;
        close(c);
    }
}
