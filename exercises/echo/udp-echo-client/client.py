"""UDP echo client: sends a message and prints the reply."""

import socket

HOST = "localhost"
PORT = 5005
MESSAGE = b"Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    # TODO: send MESSAGE to (HOST, PORT).
    # TODO: wait for the reply, but not for ever, and print it.
    pass
