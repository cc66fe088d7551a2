import socket

HOST = '192.168.124.179'
PORT = 8080

s = None
while True:
    try:
        msg = input('Enter your message: ')
    except EOFError:
        break
    if s is None:
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            s.connect((HOST, PORT))
        except OSError as e:
            print('Could not connect:', e)
            s = None
            continue
    s.send(msg.encode())
