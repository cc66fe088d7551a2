"""UDP echo client: sends a message and prints the reply, or gives up after a while. Usage: client.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 5005)
MESSAGE = b"Hello, world"
SECONDS = 2

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(SECONDS)
    s.sendto(MESSAGE, (HOST, PORT))
    try:
        data, address = s.recvfrom(65507)
    except TimeoutError:
        sys.exit(f"No reply from {HOST}:{PORT} within {SECONDS} s")

print("Received", data, "from", address)
