"""Timestamp server over UDP: answers each datagram with the local time and what it held."""

import socket
from time import strftime

HOST = ""  # every address of this machine
PORT = 21567
BUFFER_SIZE = 65535  # no datagram is larger


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, PORT))
        print("waiting for messages...")
        try:
            while True:
                data, address = server.recvfrom(BUFFER_SIZE)
                server.sendto(f"[{strftime('%d/%m/%Y %H:%M:%S')}] ".encode() + data, address)
                print("...received from and returned to:", address)
        except KeyboardInterrupt:
            print("You pressed Ctrl+C...exiting")


if __name__ == "__main__":
    main()
