import socket
import sys

connections = []

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.bind(("", 1234))
except OSError as e:
    print("Failed to bind:", e)
    sys.exit(1)
s.listen(5)
while True:
    conn, addr = s.accept()
    connections.append((conn, addr))
    print(len(connections), "clients")
    try:
        data = conn.recv(1024)
        if data:
            conn.sendall(data)
    except OSError as e:
        print(addr, e)
