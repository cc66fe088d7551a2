"""Threaded echo client: says hello, then sends what the user types, until that is `end`."""

import socket

SERVER = ("127.0.0.1", 8080)


def main():
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: connect to SERVER and say hello
    # TODO: receive and print the answer, ask the user, send; in a loop, until end
    connection.close()


main()
