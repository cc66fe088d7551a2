import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('127.0.0.1', 65432))
sock.listen(1)
connection, client_address = sock.accept()
print('connection from', client_address)
while True:
    data = connection.recv(4096)
    if data:
        connection.sendall(data)
    else:
        connection.sendall(b'no data received\n')
