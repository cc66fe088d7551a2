import socket

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(("127.0.0.1", 65432))
s.sendall(b"Hello, world")
print("Message sent")
s.close()
