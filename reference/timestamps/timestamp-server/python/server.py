"""Timestamp server: sends every message back with the local time in front of it. Usage: server.py [HOST PORT]"""

import socket
import sys
from time import ctime

# Every address of this machine, unless arguments say otherwise.
HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("", 21567)
BUFFER_SIZE = 1024


def serve(client):
    """Answers one client until it closes."""
    while True:
        data = client.recv(BUFFER_SIZE)
        if not data:
            break
        # The time is plain ASCII; the message stays the bytes that it was.
        client.sendall(f"[{ctime()}] ".encode() + data)


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Without this, the port stays taken for a minute after a client was connected.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, PORT))
        try:
            listener.listen(5)
            while True:
                print("waiting for connection...")
                client, address = listener.accept()
                print("...connected from:", address)
                with client:
                    try:
                        serve(client)
                    except ConnectionError as error:
                        print("client lost:", error)
        except KeyboardInterrupt:
            print("You pressed Ctrl+C...exiting")


if __name__ == "__main__":
    main()
