#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    unsigned char data[12];
    struct sockaddr_in me;
    int one = 1;

    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_port = htons(10001);
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(s, (struct sockaddr *)&me, sizeof me) < 0) {
        perror("bind");
        return 1;
    }
    listen(s, 5);
    for (;;) {
        size_t got = 0;
        ssize_t n;
        int c = accept(s, NULL, NULL);
        if (c < 0)
            continue;
        while (got < sizeof data && (n = recv(c, data + got, sizeof data - got, 0)) > 0)
            got += n;
        printf("received:");
        for (size_t i = 0; i < got; i++)
            printf(" %02x", data[i]);
        printf("\n");
        close(c);
    }
}
