import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
data, client = s.recvfrom(1024)
s.connect(client)
while True:
    s.send(data)
    data = s.recv(1024)
