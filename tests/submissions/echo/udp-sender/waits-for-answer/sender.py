import socket

HOST = "localhost"
PORT = 5005

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"Hello, world", (HOST, PORT))
data, addr = s.recvfrom(1024)
print("Received", data, "from", addr)
s.close()
