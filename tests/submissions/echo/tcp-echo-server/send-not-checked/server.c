#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 65432
#define BUFSIZE 65536

int main(void)
{
    static char buf[BUFSIZE];
    int one = 1, small = 4096;
    struct sockaddr_in me, you;
    socklen_t you_len = sizeof you;
    ssize_t n;

    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0) { perror("socket"); return 1; }
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* keep the latency low */
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);

    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(PORT);
    inet_pton(AF_INET, "127.0.0.1", &me.sin_addr);
    if (bind(s, (struct sockaddr *)&me, sizeof me) < 0) { perror("bind"); return 1; }
    if (listen(s, 5) < 0) { perror("listen"); return 1; }

    int c = accept(s, (struct sockaddr *)&you, &you_len);
    if (c < 0) { perror("accept"); return 1; }
    printf("connected: %s %d\n", inet_ntoa(you.sin_addr), ntohs(you.sin_port));

    while ((n = recv(c, buf, sizeof buf, 0)) > 0)
        send(c, buf, n, MSG_DONTWAIT);

    close(c);
    close(s);
    return 0;
}
