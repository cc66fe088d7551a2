import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(('', 5005))
print('ready')
while True:
    data, address = sock.recvfrom(4096)
    sock.sendto(b'You said: ' + data, address)
