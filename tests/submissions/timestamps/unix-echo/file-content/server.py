import os
import socket
import sys

path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try:
    s.bind(path)
except OSError as e:
    print('cannot bind', path, '-', e.strerror)
    sys.exit(2)
s.listen(1)
conn, _ = s.accept()
while True:
    data = conn.recv(1024)
    if not data:
        break
    conn.sendall(data)
conn.close()
s.close()
print("done")
