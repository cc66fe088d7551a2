import socket
import struct

HOST = "127.0.0.1"
PORT = 10001

packed = struct.pack("=iif", 4, 1, 2.7)
print(packed.hex())
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(packed)
