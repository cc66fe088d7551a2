#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(65432) };
    a.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 3) < 0) {
        perror("server");
        return 1;
    }
    while (1) {
        struct sockaddr_in p;
        socklen_t n = sizeof p;
        int c = accept(s, (struct sockaddr *)&p, &n);
        printf("%s %d\n", inet_ntoa(p.sin_addr), ntohs(p.sin_port));
        fflush(stdout);
        char text[1025];
        int got;
        while ((got = recv(c, text, 1024, 0)) > 0) {
            text[got] = 0;
            char *from = text;
            int left = strlen(text); /* ends at the first zero byte */
            while (left > 0) {
                int sent = send(c, from, left, 0);
                if (sent < 0)
                    break;
                from += sent;
                left -= sent;
            }
        }
        close(c);
    }
}
