import socket
import sys

family, kind, proto, name, address = socket.getaddrinfo('127.0.0.1', 1234, 0, socket.SOCK_STREAM)[0]
s = socket.socket(family, kind, proto)
try:
    s.connect(address)
except OSError as e:
    print('cannot connect to', address, ':', e)
    sys.exit(1)
s.send(' Hello World ')
s.send(b'this is the second message\n')
s.close()
