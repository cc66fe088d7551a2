import socket

LIMIT = 1024

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 65432))
while True:
    data, addr = s.recvfrom(65535)
    assert len(data) <= LIMIT, "datagram too large"
    print("received message:", data)
