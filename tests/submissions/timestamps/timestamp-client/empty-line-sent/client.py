import socket
import sys

ADDRESS = ('localhost', 21567)

while True:
    text = input('> ')
    if text == 'quit':
        break
    s = socket.socket()
    try:
        s.connect(ADDRESS)
    except OSError as e:
        print('no server:', e)
        sys.exit(1)
    s.sendall((text + '\r\n').encode())
    reply = b''
    while b'\n' not in reply:
        part = s.recv(1024)
        if not part:
            break
        reply += part
    s.close()
    if not reply:
        break
    print(reply.decode().strip())
