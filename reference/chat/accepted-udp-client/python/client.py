"""Accepted client over UDP: sends what the user types, shows the answers, ends at `closed`. Usage: client.py [ADDRESS PORT]"""

import socket
import sys

SERVER = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 8000)
LONGEST_MESSAGE = 1024
# Datagrams may get lost. On one machine an answer takes milliseconds; two seconds are generous.
PATIENCE_SECONDS = 2


def converse(sock):
    """Sends lines and shows answers until the server answers `closed`, or the input ends."""
    while True:
        line = input("Enter a message: ")
        sock.sendto(line.encode()[:LONGEST_MESSAGE], SERVER)
        try:
            data, _ = sock.recvfrom(LONGEST_MESSAGE)
        except TimeoutError:
            print("No answer; the message or the answer got lost, or nobody is there")
            continue
        answer = data.decode(errors="replace")
        print(f"Received: {answer}")
        if answer == "closed":
            return


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE_SECONDS)
        try:
            converse(sock)
        except EOFError:  # Ctrl-D at the prompt
            print()


if __name__ == "__main__":
    main()
