from socket import *
from time import ctime

sock = socket(AF_INET, SOCK_DGRAM)
sock.bind(('', 21567))

try:
    while True:
        data, addr = sock.recvfrom(64)
        print(addr, data)
        sock.sendto(b'[' + ctime().encode() + b'] ' + data, addr)
except KeyboardInterrupt:
    print('Ctrl+C, good bye')
    sock.close()
