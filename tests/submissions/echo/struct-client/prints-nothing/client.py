import socket
import struct

with socket.create_connection(("localhost", 10001)) as s:
    s.sendall(struct.pack("=iif", 1, 4, 2.7))
