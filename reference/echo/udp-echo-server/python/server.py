"""UDP echo server: sends each datagram back to its sender. Usage: server.py [HOST PORT]"""

import socket
import sys

# Every address of this machine, unless arguments say otherwise.
HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("", 5005)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((HOST, PORT))
    print("Waiting for datagrams on port", PORT)
    while True:
        # 65,507 bytes are the most that a datagram over IPv4 can carry.
        data, address = s.recvfrom(65507)
        s.sendto(data, address)
        print(f"{len(data)} bytes for {address[0]}:{address[1]}")
