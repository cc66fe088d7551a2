"""The server of the pair: greets one client after another."""

import socket

ADDRESS = ("192.168.1.36", 8081)
GREETING = "Hello from the teacher's server"


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: take your greeting server of the last exercise
    listener.close()


main()
