import socket

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 65432))
s.listen(5)

while True:
    c, a = s.accept()
    print("Connected by", a)
    data = c.recv(1024)
    if data:
        c.sendall(data)
