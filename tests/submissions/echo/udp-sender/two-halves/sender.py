import socket

target = ("localhost", 5005)

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"Hello,", target)
s.sendto(b" world", target)
s.close()
