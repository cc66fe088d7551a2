import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 65432))
print("waiting on", s.getsockname())
while True:
    data, addr = s.recvfrom(256)
    print("received message:", data.decode("utf-8", "replace"), "from", addr)
