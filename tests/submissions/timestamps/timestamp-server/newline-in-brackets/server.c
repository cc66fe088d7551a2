/* timestamp server */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 21567

static void on_interrupt(int number)
{
    (void)number;
    static const char text[] = "\nYou pressed Ctrl+C...exiting\n";
    write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(0);
}

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in where;

    signal(SIGINT, on_interrupt);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    memset(&where, 0, sizeof where);
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_ANY);
    where.sin_port = htons(PORT);
    if (bind(listener, (struct sockaddr *)&where, sizeof where) < 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 5);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        char message[1024];
        ssize_t length;

        printf("client connected\n");
        while ((length = recv(client, message, sizeof message, 0)) > 0) {
            char reply[1100];
            time_t now = time(NULL);
            int head = snprintf(reply, sizeof reply, "[%s] ", ctime(&now));

            memcpy(reply + head, message, length);
            send(client, reply, head + length, 0);
        }
        close(client);
    }
}
