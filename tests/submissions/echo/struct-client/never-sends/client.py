import socket
import struct

HOST = "localhost"
PORT = 10001

packed = struct.pack("=iif", 1, 4, 2.7)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    print("sending", packed.hex())
