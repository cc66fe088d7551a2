"""UDP sender: sends one datagram."""

import socket

HOST = "localhost"
PORT = 5005
MESSAGE = b"Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    # The first sendto() binds the socket to a free port.
    s.sendto(MESSAGE, (HOST, PORT))
    print("Sent", MESSAGE, "from port", s.getsockname()[1])
