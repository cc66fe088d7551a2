import socket
import sys

name = 'www.google.com'
try:
    ip = socket.gethostbyname(name)
    print(name)
except socket.error:
    print('Failed to get host')
    sys.exit(1)
