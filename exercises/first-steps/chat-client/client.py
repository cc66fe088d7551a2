"""Chat client: one connection for each message that the user types."""

import socket

SERVER = ("192.168.124.179", 8080)


def deliver(message):
    """Connects, sends one message, closes."""
    # TODO: a new socket, connect it to SERVER, send the message as bytes, close it


def main():
    # TODO: repeat this until the input ends
    message = input("Message: ")
    deliver(message)


main()
