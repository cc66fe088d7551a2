import socketserver
import time


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if not line:
            return
        self.wfile.write(('[%s] %s' % (time.ctime(), line)).encode())


socketserver.TCPServer.allow_reuse_address = True
server = socketserver.TCPServer(('', 21567), Handler)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print('stopped')
server.server_close()
