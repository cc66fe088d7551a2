#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char message[64] = "HELLO FROM THE CLIENT!!!";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in server;

    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(8080);
    inet_pton(AF_INET, "192.168.124.179", &server.sin_addr);

    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) {
        perror("connect");
        return 1;
    }
    send(fd, message, sizeof message, 0);
    close(fd);
    return 0;
}
