"""A small netcat: connects, sends two messages, closes."""

import socket
import sys
import time

HOST = "127.0.0.1"
PORT = 1234
MESSAGES = [b" Hello World ", b" and good bye \n"]


def connect(host, port):
    """Connects to the first address of the host that answers."""
    problem = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            problem = error
            connection.close()
    sys.exit(f"cannot connect to {host}:{port}: {problem}")


def main():
    with connect(HOST, PORT) as connection:
        for message in MESSAGES:
            connection.sendall(message)
        time.sleep(60)


if __name__ == "__main__":
    main()
