import socket
from threading import Thread

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('localhost', 8000))
s.listen(10)


class ClientThread(Thread):
    def __init__(self, conn):
        Thread.__init__(self)
        self.conn = conn

    def run(self):
        try:
            data = self.conn.recv(1024)
            while data:
                print('Received:', data)
                if data.lower() == b'close':
                    self.conn.sendall(b'closed')
                    break
                self.conn.sendall(b'accepted')
                data = self.conn.recv(1024)
        except OSError:
            print('client lost')
        self.conn.close()


while True:
    conn, addr = s.accept()
    t = ClientThread(conn)
    t.run()
