import socket

s = socket.socket()
s.bind(("127.0.0.1", 65432))
s.listen()
conn, addr = s.accept()
print("Connected by", addr)
conn.sendall(b"Welcome to the echo server!\n")
while True:
    data = conn.recv(1024)
    if not data:
        break
    conn.sendall(data)
conn.close()
