"""Accepted server over UDP: `accepted` for each datagram, `closed` for the last. Usage: server.py [ADDRESS PORT]"""

import socket
import sys

ADDRESS = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 8000)
LONGEST_MESSAGE = 1024


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(ADDRESS)
        print(f"Waiting at {ADDRESS[0]}:{ADDRESS[1]}")
        while True:
            data, sender = sock.recvfrom(LONGEST_MESSAGE)
            message = data.decode(errors="replace")
            print(f"Received: {message}")
            if message.strip().lower() == "close":
                sock.sendto(b"closed", sender)
                break
            sock.sendto(b"accepted", sender)


if __name__ == "__main__":
    main()
