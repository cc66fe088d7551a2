#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    char buf[2048];
    struct sockaddr_in me, from;
    socklen_t len;
    ssize_t n;

    int s = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(65432);
    me.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (bind(s, (struct sockaddr *)&me, sizeof me) < 0) {
        perror("bind");
        return 1;
    }
    for (;;) {
        len = sizeof from;
        n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
        if (n < 0)
            continue;
        printf("received message: %.*s\n", (int)n, buf);
        sendto(s, "ok", 2, 0, (struct sockaddr *)&from, len);
    }
}
