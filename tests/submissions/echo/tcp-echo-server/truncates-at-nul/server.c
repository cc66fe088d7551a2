#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 65432

int main(void)
{
    int listener, conn, one = 1;
    char buf[4097];
    struct sockaddr_in addr, peer;
    socklen_t len = sizeof(peer);

    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));

    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_port = htons(PORT);
    addr.sin_addr.s_addr = inet_addr("127.0.0.1");

    if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        perror("bind");
        exit(1);
    }
    listen(listener, 5);

    conn = accept(listener, (struct sockaddr *)&peer, &len);
    printf("Connected by %s:%d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));

    while (1) {
        memset(buf, 0, sizeof(buf));
        if (recv(conn, buf, sizeof(buf) - 1, 0) <= 0)
            break;
        send(conn, buf, strlen(buf), 0);
    }

    close(conn);
    close(listener);
    return 0;
}
