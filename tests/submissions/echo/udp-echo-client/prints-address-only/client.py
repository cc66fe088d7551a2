import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2.0)
s.sendto("Hello, world".encode(), ("localhost", 5005))
try:
    reply = s.recvfrom(1024)
    print("Received", reply[1])
except socket.timeout:
    print("nothing received")
s.close()
