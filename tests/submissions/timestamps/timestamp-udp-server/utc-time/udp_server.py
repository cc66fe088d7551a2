from socket import *
from time import asctime, gmtime

sock = socket(AF_INET, SOCK_DGRAM)
sock.bind(('', 21567))

try:
    while True:
        data, addr = sock.recvfrom(1024)
        print(addr, data)
        sock.sendto(b'[' + asctime(gmtime()).encode() + b'] ' + data, addr)
except KeyboardInterrupt:
    print('Ctrl+C, good bye')
    sock.close()
