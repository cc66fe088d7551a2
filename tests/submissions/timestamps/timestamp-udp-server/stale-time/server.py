from socket import *
from time import ctime

sock = socket(AF_INET, SOCK_DGRAM)
sock.bind(('', 21567))

now = ctime().encode()
try:
    while True:
        data, addr = sock.recvfrom(1024)
        print(addr, data)
        sock.sendto(b'[' + now + b'] ' + data, addr)
except KeyboardInterrupt:
    print('Ctrl+C, good bye')
    sock.close()
