#include <sys/socket.h>
#include <unistd.h>

void echo(int fd)
{
    unsigned char data[65536];
    for (;;) {
        ssize_t n = recv(fd, data, sizeof data, 0);
        if (n <= 0)
            return;
        for (ssize_t at = 0; at < n;) {
            ssize_t m = send(fd, data + at, n - at, MSG_NOSIGNAL);
            if (m < 0)
                return;
            at += m;
        }
    }
}
