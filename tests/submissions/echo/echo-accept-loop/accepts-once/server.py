import socket
import sys

HOST = ''
PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
print('Socket created')

try:
    s.bind((HOST, PORT))
except socket.error as msg:
    print('Failed to bind. Error: ' + str(msg))
    sys.exit()

s.listen(10)
print('Socket now listening')
conn, addr = s.accept()
print('Connected with ' + addr[0] + ':' + str(addr[1]))
while True:
    data = conn.recv(1024)
    if data:
        conn.sendall(data)
