"""TCP echo client: says hello and prints what comes back."""

import socket

HOST = "127.0.0.1"
PORT = 65432
MESSAGE = b"Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    # TODO: connect to (HOST, PORT).
    # TODO: send MESSAGE.
    # TODO: receive the answer and print it: Received b'...'
    pass
