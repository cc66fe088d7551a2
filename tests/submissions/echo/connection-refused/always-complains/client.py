import socket
import sys

HOST = "127.0.0.1"
PORT = 65432

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect((HOST, PORT))
    s.sendall(b"Hello, world")
finally:
    print("Could not connect to", HOST, "port", PORT)
    sys.exit(1)

data = s.recv(1024)
print("Received", data)
