"""Sends the same two values in both byte orders."""

import socket
import struct

HOST = "localhost"
PORT = 10001
VALUES = (1, 2.7)

with socket.create_connection((HOST, PORT)) as s:
    for order in "<", ">":
        packed = struct.pack(order + "if", *VALUES)
        print(order, packed.hex())
        s.sendall(packed)
