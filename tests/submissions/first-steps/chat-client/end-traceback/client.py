import socket

HOST = '192.168.124.179'
PORT = 8080

while True:
    msg = input('Enter your message: ')
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.connect((HOST, PORT))
    except OSError as e:
        print('Could not connect:', e)
        continue
    s.send(msg.encode())
    s.close()
