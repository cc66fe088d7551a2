"""Echo server for one client after another: one read per connection."""

import socket
import sys

HOST = ""  # every address of this machine
PORT = 1234


def listen():
    """Returns the listening socket, or ends the program if the port is taken."""
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind((HOST, PORT))
    except OSError as error:
        sys.exit(f"Failed to bind to port {PORT}: {error.strerror}")
    s.listen()
    return s


listener = listen()
print("Waiting for clients on port", PORT)
while True:
    connection, address = listener.accept()
    with connection:
        try:
            data = connection.recv(4096)
            connection.sendall(data)
            print(f"{address[0]}:{address[1]} sent {len(data)} bytes")
        except ConnectionError as error:
            print(f"{address[0]}:{address[1]} is gone: {error.strerror}")
