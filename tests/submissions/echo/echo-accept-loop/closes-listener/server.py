import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("0.0.0.0", 1234))
except OSError:
    print("Failed to bind")
    sys.exit(1)
s.listen()
while True:
    conn, addr = s.accept()
    print("client", addr)
    data = conn.recv(1024)
    conn.sendall(data)
    conn.close()
    s.close()
