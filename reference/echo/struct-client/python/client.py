"""Sends three numbers in binary form. Usage: client.py [HOST PORT]"""

import socket
import struct
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 10001)
FORMAT = "=iif"
VALUES = (1, 4, 2.7)

packed = struct.pack(FORMAT, *VALUES)
with socket.create_connection((HOST, PORT)) as s:
    print("sending", packed.hex(), VALUES)
    s.sendall(packed)
