import socket
import struct

HOST = "localhost"
PORT = 10001

little = struct.pack("<if", 1, 2.7)
big = little[::-1]
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    print(little.hex(), big.hex())
    s.sendall(little + big)
