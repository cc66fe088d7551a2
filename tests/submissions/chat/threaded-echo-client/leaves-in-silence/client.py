import socket

IP = '127.0.0.1'
PORT = 8080

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    client.connect((IP, PORT))
except OSError as error:
    print('Cannot connect to', IP, PORT, error)
    exit(1)

client.sendall(bytes('This is from the client', 'UTF-8'))
while True:
    try:
        in_data = client.recv(1024)
    except OSError:
        break
    if not in_data:
        break
    print('From the server:', in_data.decode())
    out_data = input('> ')
    client.sendall(bytes(out_data, 'UTF-8'))
    if out_data == 'end':
        break
client.close()
