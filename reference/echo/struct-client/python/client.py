"""Sends three numbers in binary form."""

import socket
import struct

HOST = "localhost"
PORT = 10001
FORMAT = "=iif"
VALUES = (1, 4, 2.7)

packed = struct.pack(FORMAT, *VALUES)
with socket.create_connection((HOST, PORT)) as s:
    print("sending", packed.hex(), VALUES)
    s.sendall(packed)
