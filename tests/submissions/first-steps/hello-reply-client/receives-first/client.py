import socket

HOST = '192.168.124.179'
PORT = 8080

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect((HOST, PORT))
except OSError as e:
    print('Could not connect:', e)
    exit(1)

data = b''
part = s.recv(2048)
while part:
    data = data + part
    part = s.recv(2048)
s.send(b'HELLO FROM THE CLIENT!!!')
print('MESSAGE FROM THE SERVER:', data.decode())
s.close()
