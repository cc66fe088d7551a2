/* Fills pipes, made as large as they can be, in many processes. */
#define _GNU_SOURCE
#include "honest.h"
int main(void) {
    static char block[1 << 16];
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 0; n < 6; n++) fork();
    for (;;) {
        int pair[2];
        if (pipe2(pair, O_NONBLOCK)) break;
        fcntl(pair[0], F_SETPIPE_SZ, 1 << 20);
        while (write(pair[1], block, sizeof block) > 0) {}
    }
    pause();
}
