import socket
import sys

HOST = ""
PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# so that the server can be started again at once
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
try:
    s.bind((HOST, PORT))
except OSError:
    print("Failed to bind")
    sys.exit(1)
s.listen(5)
print("Listening on port", PORT)
while True:
    conn, addr = s.accept()
    try:
        data = conn.recv(2048)
        conn.sendall(data)
    except OSError:
        print("lost", addr)
    conn.close()
