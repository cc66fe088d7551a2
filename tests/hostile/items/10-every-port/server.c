/* Knocks at every port of a few addresses: nobody but itself may answer. */
#define _GNU_SOURCE
#include "honest.h"
#include <poll.h>
int main(void) {
    static const char *const at[] = {"127.0.0.1", "10.0.0.1", "192.168.1.1"};
    char what[64];
    for (int a = 0; a < 3; a++)
        for (int port = 1; port < 65536; port += a ? 97 : 3) {
            int s = socket(AF_INET, SOCK_STREAM, 0);
            struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
            inet_pton(AF_INET, at[a], &to.sin_addr);
            tried++;
            if (!connect(s, (struct sockaddr *)&to, sizeof to)) {
                struct sockaddr_in own;
                socklen_t n = sizeof own;
                getsockname(s, (struct sockaddr *)&own, &n);
                /* A socket can happen to connect to itself. */
                if (own.sin_port != to.sin_port) {
                    snprintf(what, sizeof what, "%s port %d answers", at[a], port);
                    leak(what);
                }
            }
            close(s);
        }
    done(20000);
    serve();
}
