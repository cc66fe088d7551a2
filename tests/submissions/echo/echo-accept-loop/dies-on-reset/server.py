import socket
import sys

HOST = ""
PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.bind((HOST, PORT))
except OSError as e:
    print("Failed to bind to port", PORT, e)
    sys.exit(1)
s.listen(5)
while True:
    conn, addr = s.accept()
    with conn:
        while True:
            data = conn.recv(1024)
            if not data:
                break
            conn.sendall(data)
