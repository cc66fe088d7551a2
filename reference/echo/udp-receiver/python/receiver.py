"""UDP receiver: prints the payload of every datagram. Usage: receiver.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 65432)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((HOST, PORT))
    while True:
        data, address = s.recvfrom(1024)
        print("received message:", data.decode(errors="replace"))
