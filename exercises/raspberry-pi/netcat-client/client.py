"""A small netcat that connects (starter): fill in what is marked TODO."""

import socket

HOST = "127.0.0.1"
PORT = 1234


def main():
    for candidate in socket.getaddrinfo(HOST, PORT, type=socket.SOCK_STREAM):
        print("could be reached by", candidate)
    # TODO: make a socket from the first candidate, connect, send two messages, close.


if __name__ == "__main__":
    main()
