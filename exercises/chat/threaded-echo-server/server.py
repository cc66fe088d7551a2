"""Threaded echo server: a thread for each client, an echo for each message."""

import socket
import threading

ADDRESS = ("0.0.0.0", 8080)


def handle(client):
    """Echoes the messages of one client until it says bye."""
    # TODO: receive, compare with bye, send back; in a loop
    client.close()


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(ADDRESS)
    listener.listen()
    # TODO: for ever: accept a client and start a thread that handles it
    listener.close()


main()
