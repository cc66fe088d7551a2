import socket
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 21567))
print("ready")
message, client = s.recvfrom(2048)
s.sendto(("[%s] " % time.ctime()).encode() + message, client)
print("answered", client)
s.close()
