"""Accepted server: one client, `accepted` for each message, `closed` at the end."""

import socket

ADDRESS = ("127.0.0.1", 8000)


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(ADDRESS)
    listener.listen()
    client, address = listener.accept()
    # TODO: receive messages in a loop, print and answer each, until one says close
    client.close()
    listener.close()


main()
