"""UDP sender: sends one datagram. Usage: sender.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 5005)
MESSAGE = b"Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    # The first sendto() binds the socket to a free port.
    s.sendto(MESSAGE, (HOST, PORT))
    print("Sent", MESSAGE, "from port", s.getsockname()[1])
