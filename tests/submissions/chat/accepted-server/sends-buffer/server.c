/* accepted server: answers "accepted" to everything, "closed" to close */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    struct sockaddr_in where = {0};
    char message[1025];
    char answer[16];

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    where.sin_family = AF_INET;
    where.sin_port = htons(8000);
    where.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (bind(listener, (struct sockaddr *)&where, sizeof where) < 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 1);
    int client = accept(listener, NULL, NULL);

    for (;;) {
        ssize_t n = recv(client, message, 1024, 0);
        if (n <= 0)
            break;
        message[n] = '\0';
        printf("Received: %s\n", message);
        memset(answer, 0, sizeof answer);
        if (strcasecmp(message, "close") == 0) {
            send(client, "closed", 6, 0);
            break;
        }
        strcpy(answer, "accepted");
        send(client, answer, sizeof answer, 0);
    }
    close(client);
    close(listener);
    return 0;
}
