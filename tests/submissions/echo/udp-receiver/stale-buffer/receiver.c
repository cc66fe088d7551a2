#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PORT 65432
#define SIZE 1024

int main(void)
{
    char buffer[SIZE + 1];
    struct sockaddr_in addr;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    memset(buffer, 0, sizeof(buffer));
    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_port = htons(PORT);
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        perror("bind");
        exit(EXIT_FAILURE);
    }
    while (1) {
        if (recvfrom(fd, buffer, SIZE, 0, NULL, NULL) < 0) {
            perror("recvfrom");
            continue;
        }
        printf("received message: %s\n", buffer);
    }
    return 0;
}
