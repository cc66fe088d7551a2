/* Fills the receive buffers of many UDP sockets, and of TCP connections to itself. */
#define _GNU_SOURCE
#include "honest.h"
int main(void) {
    static char block[60000];
    printf("tried enough\n");
    fflush(stdout);
    for (int n = 0; n < 6; n++) fork();
    int most = 1 << 30, out = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    for (;;) {
        int s = socket(AF_INET, SOCK_DGRAM, 0);
        if (s < 0) break;
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof at;
        setsockopt(s, SOL_SOCKET, SO_RCVBUF, &most, sizeof most);
        if (bind(s, (struct sockaddr *)&at, sizeof at)) break;
        getsockname(s, (struct sockaddr *)&at, &length);
        for (int n = 0; n < 20; n++) sendto(out, block, sizeof block, 0, (struct sockaddr *)&at, sizeof at);
    }
    pause();
}
