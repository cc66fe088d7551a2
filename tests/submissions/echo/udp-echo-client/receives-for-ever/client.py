import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"Hello, world", ("localhost", 5005))
while True:
    data, addr = s.recvfrom(1024)
    if not data:
        break
    print("Received", data)
s.close()
