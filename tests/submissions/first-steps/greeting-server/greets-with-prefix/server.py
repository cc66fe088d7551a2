import socket
import sys

HOST = '192.168.1.36'
PORT = 8081

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind((HOST, PORT))
except socket.error:
    print('Port', PORT, 'is already in use')
    sys.exit(1)
s.listen(5)
print('Server waiting at', HOST, PORT)
counter = 0
try:
    while True:
        conn, addr = s.accept()
        counter = counter + 1
        print('CONNECTION:', counter, 'From', addr)
        data = conn.recv(2048)
        print('Message from client:', data)
        conn.send(b"Server: Hello from the teacher's server")
        conn.close()
except KeyboardInterrupt:
    print('Server stopped by the user')
    s.close()
