import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5004))
s.sendto(b"Hello, world", ("localhost", 5005))
s.close()
