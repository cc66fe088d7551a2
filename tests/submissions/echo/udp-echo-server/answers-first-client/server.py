import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))

client = None
while True:
    data, addr = s.recvfrom(4096)
    if client is None:
        client = addr
        print("client is", client)
    s.sendto(data, client)
