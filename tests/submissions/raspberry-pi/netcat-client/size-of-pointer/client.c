#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    const char *hello = " Hello World ";
    const char *more = "sent from a small netcat in C\n";
    struct addrinfo hints, *found;
    int s;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo("127.0.0.1", "1234", &hints, &found) != 0) {
        fprintf(stderr, "getaddrinfo failed\n");
        return 1;
    }
    s = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (connect(s, found->ai_addr, found->ai_addrlen) != 0) {
        perror("connect");
        return 1;
    }
    send(s, hello, sizeof hello, 0);
    send(s, more, strlen(more), 0);
    close(s);
    freeaddrinfo(found);
    return 0;
}
