"""Accepted client: sends what the user types, shows the answers, ends at `closed`."""

import socket

SERVER = ("127.0.0.1", 8000)


def main():
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: connect to SERVER
    message = input("Enter a message: ")
    # TODO: send it, receive the answer, print it; again and again, until the answer is `closed`
    connection.close()


main()
