import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
expected = 1
while True:
    data, sender = s.recvfrom(1000)
    number, value = data.decode().split()
    number = int(number)
    if number == expected:
        print("reading %d: %s" % (number, value), flush=True)
        expected += 1
    if number < expected:
        s.sendto(b"ack %d" % number, sender)
