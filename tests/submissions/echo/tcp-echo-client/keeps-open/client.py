import socket
import time

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(("127.0.0.1", 65432))
s.sendall(b"Hello, world")
data = b""
while len(data) < 12:
    piece = s.recv(1024)
    if not piece:
        break
    data += piece
print("Received", data)
# give the server some time
time.sleep(60)
s.close()
