import socket
import sys

HOST = "127.0.0.1"
PORT = 65423

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect((HOST, PORT))
except ConnectionRefusedError:
    print(f"{HOST}:{PORT}: connection refused", file=sys.stderr)
    sys.exit(1)
s.sendall(b"Hello, world")
data = s.recv(1024)
s.close()
print("Received", data)
