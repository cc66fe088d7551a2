"""Timestamp server with a request handler (starter): fill in what is marked TODO."""

from socketserver import StreamRequestHandler, TCPServer
from time import ctime

HOST = ""  # every address of this machine
PORT = 21567


class TimestampHandler(StreamRequestHandler):
    """Serves one connection."""

    def handle(self):
        print("...connected from:", self.client_address)
        # TODO: read one line from self.rfile, write the answer to self.wfile.


def main():
    # TODO: make a TCPServer for (HOST, PORT) with the handler, and let it serve for ever.
    print("The time is", ctime(), "and", TCPServer.__name__, "is not used yet.")


if __name__ == "__main__":
    main()
