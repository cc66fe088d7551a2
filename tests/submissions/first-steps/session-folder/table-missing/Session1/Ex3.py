import socket

s = socket.socket()
s.connect(('192.168.124.179', 8080))
s.send(b'HELLO FROM THE CLIENT!!!')
s.close()
