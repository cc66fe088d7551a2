import socket
import struct

HOST = "localhost"
PORT = 10000

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    data = struct.pack("=iif", 1, 4, 2.7)
    print("sending", data.hex())
    s.sendall(data)
