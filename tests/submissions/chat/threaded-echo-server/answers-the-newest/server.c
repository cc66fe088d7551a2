#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int client; /* the one that was accepted last */

static void *serve(void *arg)
{
    int mine = *(int *)arg;
    char buf[1024];
    ssize_t n;

    while ((n = recv(mine, buf, sizeof buf, 0)) > 0) {
        if (n == 3 && memcmp(buf, "bye", 3) == 0)
            break;
        send(client, buf, n, 0);
    }
    close(mine);
    free(arg);
    return NULL;
}

int main(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    struct sockaddr_in addr = {0};
    pthread_t thread;

    signal(SIGPIPE, SIG_IGN);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    addr.sin_family = AF_INET;
    addr.sin_port = htons(8080);
    addr.sin_addr.s_addr = INADDR_ANY;
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        return 1;
    }
    listen(fd, 10);
    printf("waiting for clients\n");

    for (;;) {
        client = accept(fd, NULL, NULL);
        int *copy = malloc(sizeof *copy);
        *copy = client;
        pthread_create(&thread, NULL, serve, copy);
        pthread_detach(thread);
    }
}
