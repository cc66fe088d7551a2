#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(void)
{
    char reply[9];
    const char *message = "Hello, world";
    struct timeval limit = { 2, 0 };
    struct sockaddr_in server;
    ssize_t n;

    int s = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(5005);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    sendto(s, message, strlen(message), 0, (struct sockaddr *)&server, sizeof server);
    n = recvfrom(s, reply, sizeof reply - 1, 0, NULL, NULL);
    if (n < 0) {
        perror("recvfrom");
        return 1;
    }
    reply[n] = '\0';
    printf("Received: %s\n", reply);
    close(s);
    return 0;
}
