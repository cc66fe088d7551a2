"""Accepted server for many clients: a thread for each."""

import socket
import threading

ADDRESS = ("127.0.0.1", 8000)


def handle(client, address):
    """Talks with one client until it says close."""
    # TODO: the loop of your accepted server
    client.close()


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(ADDRESS)
    listener.listen()
    # TODO: for ever: accept a client and start a thread that handles it
    listener.close()


main()
