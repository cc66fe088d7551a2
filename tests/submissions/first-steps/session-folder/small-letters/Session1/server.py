import socket

s = socket.socket()
s.bind(('192.168.1.36', 8081))
s.listen(5)
while True:
    c, a = s.accept()
    print(a, c.recv(2048))
    c.send(b"Hello from the teacher's server")
    c.close()
