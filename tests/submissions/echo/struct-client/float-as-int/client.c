#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int values[3] = { 1, 4, 2.7 };
    unsigned char *bytes = (unsigned char *)values;
    struct sockaddr_in to;

    int s = socket(AF_INET, SOCK_STREAM, 0);
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(10001);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&to, sizeof to) < 0) {
        perror("connect");
        return 1;
    }
    for (size_t i = 0; i < sizeof values; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    send(s, values, sizeof values, 0);
    close(s);
    return 0;
}
