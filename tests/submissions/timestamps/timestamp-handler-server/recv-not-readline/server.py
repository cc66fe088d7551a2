import socketserver
import time


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        line = self.request.recv(1024)
        if not line:
            return
        self.request.sendall(b'[' + time.ctime().encode() + b'] ' + line)


socketserver.TCPServer.allow_reuse_address = True
server = socketserver.TCPServer(('', 21567), Handler)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print('stopped')
server.server_close()
