"""Timestamp server over UDP: answers each datagram with the local time and what it held. Usage: server.py [HOST PORT]"""

import socket
import sys
from time import ctime

# Every address of this machine, unless arguments say otherwise.
HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("", 21567)
BUFFER_SIZE = 65535  # no datagram is larger


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, PORT))
        print("waiting for messages...")
        try:
            while True:
                data, address = server.recvfrom(BUFFER_SIZE)
                server.sendto(f"[{ctime()}] ".encode() + data, address)
                print("...received from and returned to:", address)
        except KeyboardInterrupt:
            print("You pressed Ctrl+C...exiting")


if __name__ == "__main__":
    main()
