import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.bind(('', 1234))
except OSError as e:
    print('Failed to bind', e)
    sys.exit()
s.listen(10)
while True:
    conn, addr = s.accept()
    data = str(conn.recv(1024))
    conn.sendall(data.encode())
    conn.close()
