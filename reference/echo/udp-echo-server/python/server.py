"""UDP echo server: sends each datagram back to its sender."""

import socket

HOST = ""  # every address of this machine
PORT = 5005

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((HOST, PORT))
    print("Waiting for datagrams on port", PORT)
    while True:
        # 65,507 bytes are the most that a datagram over IPv4 can carry.
        data, address = s.recvfrom(65507)
        s.sendto(data, address)
        print(f"{len(data)} bytes for {address[0]}:{address[1]}")
