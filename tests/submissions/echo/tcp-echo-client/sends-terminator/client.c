#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char message[] = "Hello, world";
    char answer[1024];
    struct sockaddr_in server;
    ssize_t n, got = 0;

    int s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(65432);
    server.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (connect(s, (struct sockaddr *)&server, sizeof server) < 0) {
        perror("connect");
        return 1;
    }
    send(s, message, sizeof message, 0);
    while (got < (ssize_t)strlen(message)) {
        n = recv(s, answer + got, sizeof answer - 1 - got, 0);
        if (n <= 0)
            break;
        got += n;
    }
    answer[got] = '\0';
    printf("Received %s\n", answer);
    close(s);
    return 0;
}
