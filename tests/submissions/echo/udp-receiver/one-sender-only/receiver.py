import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 65432))
data, sender = s.recvfrom(1024)
s.connect(sender)
while True:
    print("received message:", data)
    data = s.recv(1024)
