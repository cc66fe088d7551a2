/* An honest echo server, for programs that try something first and then behave. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int tried;

static void leak(const char *what) { printf("LEAK: %s\n", what); fflush(stdout); }

/* A result below 0 is what must come out. */
static void must_fail(const char *what, long result) {
    tried++;
    if (result >= 0) leak(what);
}

static void done(int at_least) {
    if (tried >= at_least) printf("tried enough\n"); else printf("tried only %d\n", tried);
    fflush(stdout);
}

static int listener(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(65432)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&at, sizeof at) || listen(s, 5)) { perror("bind"); exit(1); }
    return s;
}

static void serve(void) {
    static char buffer[65536];
    int s = listener();
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0) continue;
        ssize_t n;
        while ((n = recv(c, buffer, sizeof buffer, 0)) > 0)
            for (ssize_t at = 0; at < n;) {
                ssize_t sent = send(c, buffer + at, n - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += sent;
            }
        close(c);
    }
}
