import socket

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(("127.0.0.1", 65432))
s.sendall(b"Hello, world")
data = s.recv(5)
print("Received", repr(data))
s.shutdown(socket.SHUT_WR)
while s.recv(1024):
    pass
s.close()
