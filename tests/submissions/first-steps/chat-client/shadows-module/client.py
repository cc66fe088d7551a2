import socket

HOST = '192.168.124.179'
PORT = 8080

while True:
    try:
        msg = input('Enter your message: ')
    except EOFError:
        break
    socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        socket.connect((HOST, PORT))
    except OSError as e:
        print('Could not connect:', e)
        continue
    socket.send(msg.encode())
    socket.close()
