from socket import *

SERVER = ('localhost', 21568)
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(3)
while True:
    data = input('> ')
    if data == '':
        break
    s.sendto(data.encode(), SERVER)
    try:
        data, server = s.recvfrom(1024)
    except OSError:
        print('no reply')
        continue
    print(data.decode())
s.close()
