#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    const char *text = "Hello world";
    struct sockaddr_in to;
    int s = socket(AF_INET, SOCK_DGRAM, 0);

    if (s < 0) {
        perror("socket");
        return 1;
    }
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(5005);
    to.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) < 0) {
        perror("sendto");
        return 1;
    }
    close(s);
    return 0;
}
