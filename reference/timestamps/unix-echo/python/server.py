"""Echo server on a Unix stream socket. Usage: server.py PATH"""

import os
import socket
import sys


def serve(client):
    """Sends everything back until the client has no more to say."""
    while True:
        data = client.recv(4096)
        if not data:
            break
        client.sendall(data)


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: server.py PATH")
    path = sys.argv[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(path)
        except OSError as error:
            raise SystemExit(f"cannot use {path}: {error.strerror} (does the file exist already?)")
        # From here on the file is ours: it goes when we go.
        try:
            listener.listen(5)
            while True:
                client, _ = listener.accept()
                with client:
                    try:
                        serve(client)
                    except ConnectionError as error:
                        print("client lost:", error)
        except KeyboardInterrupt:
            print("server stopped")
        finally:
            os.unlink(path)


if __name__ == "__main__":
    main()
