"""Sends the same two values in both byte orders."""

import socket
import struct

HOST = "localhost"
PORT = 10001
VALUES = (1, 2.7)

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    # TODO: connect to (HOST, PORT).
    # TODO: send VALUES packed as "<if", then packed as ">if".
    pass
