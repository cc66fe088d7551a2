"""TCP echo client that tells its user when nobody listens."""

import socket
import sys

HOST = "127.0.0.1"
PORT = 65432
MESSAGE = b"Hello, world"


def connect():
    """Returns a connection, or ends the program with a message and status 1."""
    try:
        return socket.create_connection((HOST, PORT))
    except OSError as error:
        sys.exit(f"Cannot connect to {HOST}:{PORT}: {error.strerror}")


def receive_exactly(connection, count):
    """Returns `count` bytes, or fewer if the server closes before."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


with connect() as s:
    s.sendall(MESSAGE)
    answer = receive_exactly(s, len(MESSAGE))

print("Received", answer)
