"""A small netcat that listens (starter): fill in what is marked TODO."""

import socket

PORT = 1234


def main():
    for candidate in socket.getaddrinfo(None, PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        print("could listen at", candidate)
    # TODO: make a socket from a candidate, bind, listen, accept one client.
    # TODO: print what arrives until the client leaves; close both sockets.


if __name__ == "__main__":
    main()
