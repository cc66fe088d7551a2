import socket
import sys

try:
    sock = socket.create_connection(('127.0.0.1', 8000))
except ConnectionRefusedError as err:
    sys.exit('is the server running? %s' % err)

answer = None
while answer != b'closed':
    print('message> ', end='', flush=True)
    line = sys.stdin.readline()
    if not line:
        break
    try:
        sock.sendall(line.rstrip('\n').encode()[:1024])
        answer = sock.recv(1024)
    except OSError:
        break
    if not answer:
        break
    print('Received:', answer)
sock.close()
