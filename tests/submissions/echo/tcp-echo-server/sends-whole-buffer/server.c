#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main() {
    char buffer[1024];
    struct sockaddr_in address;
    struct sockaddr_in client;
    socklen_t size = sizeof client;

    int server_fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = inet_addr("127.0.0.1");
    address.sin_port = htons(65432);
    if (bind(server_fd, (struct sockaddr*)&address, sizeof address) == -1) {
        perror("bind failed");
        return 1;
    }
    listen(server_fd, 3);

    int client_fd = accept(server_fd, (struct sockaddr*)&client, &size);
    printf("client %s port %d\n", inet_ntoa(client.sin_addr), ntohs(client.sin_port));

    memset(buffer, 0, sizeof buffer);
    int n;
    while ((n = read(client_fd, buffer, sizeof buffer)) > 0) {
        write(client_fd, buffer, sizeof buffer);
        memset(buffer, 0, sizeof buffer);
    }
    close(client_fd);
    close(server_fd);
    return 0;
}
