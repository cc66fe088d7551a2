import socket
from threading import Thread


class Client(Thread):
    def __init__(self, sock, addr):
        Thread.__init__(self)
        self.sock = sock
        self.addr = addr

    def run(self):
        self.sock.send(b'Welcome to the echo server')
        try:
            while True:
                msg = self.sock.recv(1024)
                if msg == b'':
                    break
                print(self.addr, 'says', msg)
                if msg.decode().strip() == 'bye':
                    break
                self.sock.send(msg)
        except OSError as e:
            print(self.addr, e)
        self.sock.close()
        print(self.addr, 'has left')


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('', 8080))
server.listen(5)
print('Waiting for clients on port 8080')
while True:
    sock, addr = server.accept()
    Client(sock, addr).start()
