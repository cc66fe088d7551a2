import socket
import sys

HOST = "127.0.0.1"
PORT = 65432

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.bind((HOST, PORT))
except OSError as e:
    print(f"Failed to bind to port {PORT}: {e}")
    sys.exit(1)
s.listen()
while True:
    conn, addr = s.accept()
    with conn:
        try:
            data = conn.recv(1024)
            conn.sendall(data)
        except ConnectionResetError:
            print("reset by", addr)
