import socket
import threading

HOST = '127.0.0.1'
PORT = 8000

conn = None


def handle_client():
    try:
        while True:
            data = conn.recv(1024)
            if not data:
                break
            print('Received:', data.decode())
            if data.decode().lower() == 'close':
                conn.send(b'closed')
                break
            conn.send(b'accepted')
    except OSError as e:
        print('error', e)
    conn.close()


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen(5)
print('Listening on', HOST, PORT)
while True:
    conn, addr = s.accept()
    print('Accepted connection from', addr)
    threading.Thread(target=handle_client).start()
