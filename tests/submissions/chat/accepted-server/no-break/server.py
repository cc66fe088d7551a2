import socket

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('localhost', 8000))
s.listen()
conn, addr = s.accept()
with conn:
    print('Connected by', addr)
    while True:
        data = conn.recv(1024)
        if data == b'':
            break
        print('Received:', data)
        if data.upper() == b'CLOSE':
            conn.sendall(b'closed')
        else:
            conn.sendall(b'accepted')
s.close()
