import socket

info = socket.getaddrinfo(None, 1234, socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_PASSIVE)
family, kind, proto, _, address = info[0]
s = socket.socket(family, kind, proto)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(address)
s.listen(5)
print('waiting')
conn, peer = s.accept()
try:
    while 1:
        data = conn.recv(2048)
        print(data, '\n')
except OSError:
    print('connection lost')
conn.close()
s.close()
