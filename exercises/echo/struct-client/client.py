"""Sends three numbers in binary form."""

import socket
import struct

HOST = "localhost"
PORT = 10001
VALUES = (1, 4, 2.7)

# TODO: pack VALUES as two ints and a float; print the bytes in hexadecimal.
packed = b""

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    # TODO: connect to (HOST, PORT) and send the packed bytes.
    pass
