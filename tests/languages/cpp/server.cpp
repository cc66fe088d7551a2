// TCP echo server: a thread for each client.
#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

class Connection {
public:
    explicit Connection(int fd) : fd_(fd) {}
    Connection(Connection &&other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Connection(const Connection &) = delete;
    ~Connection() { if (fd_ >= 0) ::close(fd_); }

    bool echo() {
        std::vector<char> block(16384);
        const auto got = ::recv(fd_, block.data(), block.size(), 0);
        if (got <= 0)
            return false;
        for (ssize_t done = 0; done < got;) {
            const auto sent = ::send(fd_, block.data() + done, got - done, MSG_NOSIGNAL);
            if (sent < 0)
                return false;
            done += sent;
        }
        return true;
    }

private:
    int fd_;
};

static int listen_on(uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_ANY);
    if (::bind(fd, reinterpret_cast<sockaddr *>(&place), sizeof place) < 0 || ::listen(fd, 16) < 0)
        throw std::runtime_error("port " + std::to_string(port) + ": " + std::strerror(errno));
    return fd;
}

int main() {
    try {
        const int listener = listen_on(65432);
        for (;;) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            const int fd = ::accept(listener, reinterpret_cast<sockaddr *>(&peer), &size);
            if (fd < 0)
                continue;
            std::cout << "client " << inet_ntoa(peer.sin_addr) << ":" << ntohs(peer.sin_port) << std::endl;
            std::thread([connection = Connection(fd)]() mutable {
                while (connection.echo()) {
                }
            }).detach();
        }
    } catch (const std::exception &problem) {
        std::cerr << problem.what() << "\n";
        return 1;
    }
}
