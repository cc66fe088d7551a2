import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
while True:
    data, sender = s.recvfrom(1000)
    print(data.decode(), flush=True)
    s.sendto(b"ok", sender)
