import socket
import sys

name = 'www.google.com'
try:
    ip = socket.gethostbyname(name)
    print(ip)
except socket.error:
    print('Unknown host')
    sys.exit(1)
