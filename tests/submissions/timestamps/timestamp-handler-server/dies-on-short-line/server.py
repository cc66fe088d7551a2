import socket
import time


class Handler:
    def handle(self, conn):
        line, rest = conn.makefile("rb").readline().split(b"\n")
        reply = b"[%s] %s\n" % (time.ctime().encode(), line)
        conn.sendall(reply)


class Server:
    def __init__(self, address, handler):
        self.sock = socket.create_server(address)
        self.handler = handler

    def serve_forever(self):
        while True:
            conn, address = self.sock.accept()
            with conn:
                self.handler.handle(conn)


try:
    Server(("", 21567), Handler()).serve_forever()
except KeyboardInterrupt:
    print("stopped by Ctrl+C")
