import socket
import sys

HOST, PORT = "127.0.0.1", 65432

try:
    with socket.create_connection((HOST, PORT)) as s:
        s.sendall(b"Hello, world")
        answer = s.recv(1024)
    print("Received", answer)
except Exception:
    print("Ooops, something went wrong :(")
    sys.exit(1)
