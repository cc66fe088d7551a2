import socket
import struct

with socket.create_connection(("127.0.0.1", 10001)) as s:
    s.sendall(struct.pack("<if", 1, 2.7))
    s.sendall(struct.pack(">hd", 1, 2.7))
