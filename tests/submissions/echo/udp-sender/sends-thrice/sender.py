import socket

UDP_IP = "127.0.0.1"
UDP_PORT = 5005

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# UDP may lose datagrams
for _ in range(3):
    sock.sendto(b"Hello, world", (UDP_IP, UDP_PORT))
sock.close()
