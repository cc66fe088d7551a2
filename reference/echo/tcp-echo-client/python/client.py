"""TCP echo client: sends one message and prints the echo. Usage: client.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 65432)
MESSAGE = b"Hello, world"


def receive_exactly(connection, count):
    """Returns `count` bytes, or fewer if the server closes before."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(MESSAGE)
    # An echo has as many bytes as the message, in however many pieces it comes.
    answer = receive_exactly(s, len(MESSAGE))

print("Received", answer)
