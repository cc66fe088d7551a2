/* TCP echo server: one client after another, told apart by poll(). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 64

static int echo_once(int fd)
{
    char block[8192];
    ssize_t got = recv(fd, block, sizeof block, 0);
    if (got <= 0)
        return 0;
    for (ssize_t done = 0; done < got;) {
        ssize_t sent = send(fd, block + done, (size_t)(got - done), 0);
        if (sent < 0)
            return 0;
        done += sent;
    }
    return 1;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons(65432) };
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) < 0 || listen(listener, 16) < 0) {
        perror("cannot listen on port 65432");
        return 1;
    }
    struct pollfd fds[1 + CLIENTS] = { { .fd = listener, .events = POLLIN } };
    nfds_t count = 1;
    while (poll(fds, count, -1) > 0) {
        for (nfds_t i = count - 1; i > 0; i--) {
            if (fds[i].revents && !echo_once(fds[i].fd)) {
                close(fds[i].fd);
                fds[i] = fds[--count];
            }
        }
        if (fds[0].revents && count <= CLIENTS) {
            struct sockaddr_in peer;
            socklen_t size = sizeof peer;
            int fd = accept(listener, (struct sockaddr *)&peer, &size);
            if (fd >= 0) {
                printf("client %s:%d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
                fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
            }
        }
    }
    return 0;
}
