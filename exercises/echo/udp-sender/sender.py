"""UDP sender: sends one datagram."""

import socket

HOST = "localhost"
PORT = 5005
MESSAGE = "Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    # TODO: send MESSAGE, as bytes, to (HOST, PORT) in one datagram.
    pass
