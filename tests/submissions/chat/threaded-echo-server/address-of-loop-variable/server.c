#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *arg)
{
    int *client = arg;
    char buf[1024];
    ssize_t n;

    while ((n = recv(*client, buf, sizeof buf, 0)) > 0) {
        if (n == 3 && memcmp(buf, "bye", 3) == 0)
            break;
        send(*client, buf, n, 0);
    }
    close(*client);
    return NULL;
}

int main(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1, client;
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
        pthread_create(&thread, NULL, serve, &client);
        pthread_detach(thread);
    }
}
