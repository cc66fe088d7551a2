import socket
import sys

HOST = "127.0.0.1"
PORT = 65432

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
print(f"Connecting to {HOST}:{PORT} ...")
if s.connect_ex((HOST, PORT)) != 0:
    sys.exit(2)
s.sendall(b"Hello, world")
print("Received", s.recv(1024))
s.close()
