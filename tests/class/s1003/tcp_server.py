import socketserver


class EchoHandler(socketserver.BaseRequestHandler):
    def handle(self):
        print("client:", self.client_address)
        while True:
            try:
                data = self.request.recv(2048)
            except ConnectionResetError:
                break
            if len(data) == 0:
                break
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = EchoServer(("127.0.0.1", 65432), EchoHandler)
server.serve_forever()
