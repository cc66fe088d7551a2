/* Echo server: clients one after another, for ever. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 65432

static int send_all(int fd, const char *data, ssize_t left)
{
    while (left > 0) {
        ssize_t sent = send(fd, data, left, 0);
        if (sent < 0)
            return -1;
        data += sent;
        left -= sent;
    }
    return 0;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);

    struct sockaddr_in here;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_port = htons(PORT);
    here.sin_addr.s_addr = htonl(INADDR_ANY);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0) {
        perror("bind");
        return EXIT_FAILURE;
    }
    listen(listener, 5);

    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int conn = accept(listener, (struct sockaddr *)&peer, &size);
        if (conn < 0) {
            perror("accept");
            continue;
        }
        printf("connection from %s:%d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
        fflush(stdout);
        char buffer[4096];
        ssize_t got;
        while ((got = recv(conn, buffer, sizeof buffer, 0)) > 0)
            if (send_all(conn, buffer, got) < 0)
                break;
        close(conn);
    }
}
