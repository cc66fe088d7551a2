"""A small netcat: connects, sends two messages, closes. Usage: client.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 1234)
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


if __name__ == "__main__":
    main()
