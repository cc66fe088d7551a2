import socket

HOST = '192.168.124.179'
PORT = 8080

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect((HOST, PORT))
except OSError as e:
    print('Could not connect:', e)
    exit(1)
s.send(b'HELLO FROM THE CLIENT!!!')

data = b''
part = s.recv(2048)
while part and len(data) < 256:
    data = data + part[:256 - len(data)]
    part = s.recv(2048)
print('MESSAGE FROM THE SERVER:', data.decode())
s.close()
