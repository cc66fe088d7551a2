import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 65432))
while True:
    data, addr = s.recvfrom(1024)
    print("received message:", data)
    s.sendto(data, addr)
