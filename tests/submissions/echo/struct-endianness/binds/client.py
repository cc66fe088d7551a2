import socket
import struct

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("localhost", 10001))
s.sendall(struct.pack("<if", 1, 2.7))
s.sendall(struct.pack(">if", 1, 2.7))
s.close()
