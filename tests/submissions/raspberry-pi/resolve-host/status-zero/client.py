import socket
import sys

name = 'www.google.com'
try:
    ip = socket.gethostbyname(name)
    print(ip)
except socket.error:
    print('Failed to get host')
