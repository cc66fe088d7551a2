"""TCP echo server: serves one client after another and sends back every byte. Usage: server.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 65432)


def serve(connection):
    """Echoes until the client has closed its side."""
    while True:
        data = connection.recv(4096)
        if not data:
            break
        connection.sendall(data)


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    # Without this, a restart within a minute fails while old connections are in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, PORT))
    listener.listen()
    while True:
        connection, address = listener.accept()
        print("Connected by", address)
        with connection:
            try:
                serve(connection)
            except ConnectionError as error:
                print("Lost", address, error)
