/* Fills the buffers of many sockets and pipes, in many processes. */
#define _GNU_SOURCE
#include "honest.h"
int main(void) {
    static char block[1 << 16];
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 0; n < 7; n++) fork();
    int most = 1 << 30;
    for (;;) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)) break;
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
        setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, &most, sizeof most);
        while (send(pair[0], block, sizeof block, MSG_NOSIGNAL) > 0) {}
        while (send(pair[1], block, sizeof block, MSG_NOSIGNAL) > 0) {}
    }
    pause();
}
