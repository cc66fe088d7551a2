"""TCP echo client that tells its user when nobody listens."""

import socket

HOST = "127.0.0.1"
PORT = 65432
MESSAGE = b"Hello, world"


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        try:
            s.connect((HOST, PORT))
        except OSError as error:
            # TODO: tell the user what happened, in one line, and end with status 1.
            return
        s.sendall(MESSAGE)
        data = s.recv(1024)
    print("Received", data)


main()
