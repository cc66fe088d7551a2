import socket
import sys

DEST = ('localhost', 8000)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2.0)
answer = b''
while answer != b'closed':
    sys.stdout.write('message> ')
    sys.stdout.flush()
    text = sys.stdin.readline()
    if text == '':
        break
    data = text.rstrip('\n').encode()[:1024]
    s.sendto(data, DEST)
    s.sendto(data, DEST)
    try:
        answer, who = s.recvfrom(1024)
        print('Received:', answer, 'from', who)
    except TimeoutError:
        sys.exit('the server does not answer')
s.close()
