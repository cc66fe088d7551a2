import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
data, addr = s.recvfrom(1024)
print("received", data, "from", addr)
s.sendto(data, addr)
s.close()
