"""Accepted client over UDP: sends what the user types, shows the answers, ends at `closed`."""

import socket

SERVER = ("127.0.0.1", 8000)


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    message = input("Enter a message: ")
    # TODO: send it to SERVER, receive the answer, print it; again and again, until the answer is `closed`
    sock.close()


main()
