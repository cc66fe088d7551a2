#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int open_listener(int port)
{
    struct sockaddr_in here;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&here, 0, sizeof(here));
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &here.sin_addr);
    if (bind(fd, (struct sockaddr *) &here, sizeof(here)) != 0 || listen(fd, 1) != 0) {
        perror("cannot listen");
        return -1;
    }
    return fd;
}

int next_client(int listener)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof(peer);
    int fd = accept(listener, (struct sockaddr *) &peer, &length);
    printf("client %s port %d\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
    return fd;
}

void echo_until_end(int client)
{
    char block[512];
    int count;

    while ((count = read(client, block, sizeof(block))) > 0) {
        int written = 0;
        while (written < count) {
            int n = write(client, block + written, count - written);
            if (n <= 0)
                return;
            written += n;
        }
    }
}
