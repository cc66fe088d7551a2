#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

void echo(int fd);

int main(int argc, char **argv)
{
    const char *port = argc > 1 ? argv[1] : "65432";
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *list;
    int error = getaddrinfo(NULL, port, &hints, &list);
    if (error) {
        fprintf(stderr, "%s\n", gai_strerror(error));
        return 1;
    }
    int listener = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, list->ai_addr, list->ai_addrlen) || listen(listener, 16)) {
        perror("listen");
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        int fd = accept(listener, (struct sockaddr *)&peer, &size);
        if (fd < 0)
            continue;
        char host[64], service[16];
        getnameinfo((struct sockaddr *)&peer, size, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
        printf("%s:%s\n", host, service);
        fflush(stdout);
        if (fork() == 0) {
            close(listener);
            echo(fd);
            exit(0);
        }
        close(fd);
    }
}
