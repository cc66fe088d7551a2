import socket
import sys

host = sys.argv[1]
port = sys.argv[2]

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind((host, port))
except OSError as e:
    print('Could not bind to port', port, '-', e)
    sys.exit(1)
s.listen(5)
print('Listening on', host, port)
while True:
    conn, addr = s.accept()
    print('Connection from', addr)
    conn.close()
