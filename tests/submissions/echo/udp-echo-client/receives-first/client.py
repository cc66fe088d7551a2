import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
data, addr = s.recvfrom(1024)
s.sendto(b"Hello, world", ("localhost", 5005))
print("Received", data)
s.close()
