#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char answer[1025];
    struct sockaddr_in server;
    ssize_t n;

    int s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(65432);
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);

    if (connect(s, (struct sockaddr *)&server, sizeof server) == -1) {
        perror("connect");
        printf("Please check the following:\n");
        printf(" - is the server running?\n");
        printf(" - is the port the right one?\n");
        printf(" - is there a firewall?\n");
        printf("Then start this program again.\n");
        return 1;
    }

    send(s, "Hello, world", 12, 0);
    n = recv(s, answer, 1024, 0);
    if (n < 0) {
        perror("recv");
        return 1;
    }
    answer[n] = '\0';
    printf("Received %s\n", answer);
    close(s);
    return 0;
}
