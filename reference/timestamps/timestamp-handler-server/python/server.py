"""Timestamp server made of a request handler: one line per connection, one answer, then close. Usage: server.py [HOST PORT]"""

import sys
from socketserver import StreamRequestHandler, TCPServer
from time import ctime

# Every address of this machine, unless arguments say otherwise.
HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("", 21567)


class TimestampHandler(StreamRequestHandler):
    """Serves one connection; the framework accepts and closes it."""

    def handle(self):
        print("...connected from:", self.client_address)
        # rfile gathers what recv() returns until a whole line is there.
        line = self.rfile.readline()
        if line:
            self.wfile.write(f"[{ctime()}] ".encode() + line)


class TimestampServer(TCPServer):
    """A TCPServer that gets its port back at once after a restart."""

    allow_reuse_address = True


def main():
    with TimestampServer((HOST, PORT), TimestampHandler) as server:
        print("waiting for connection...")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("You pressed Ctrl+C...exiting")


if __name__ == "__main__":
    main()
