import socket

# attempt 2
s = socket.create_server(("127.0.0.1", 65432))
conn, addr = s.accept()
while data := conn.recv(1024):
    conn.sendall(data)
