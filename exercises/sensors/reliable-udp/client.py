"""Sends numbered readings (starter). Usage: client.py HOST PORT COUNT"""

import random
import socket
import sys


def main():
    host, port, count = (sys.argv[1:] + ["127.0.0.1", "9100", "10"][len(sys.argv) - 1 :])[:3]
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(1, int(count) + 1):
        value = f"{random.uniform(15, 35):.2f}"
        # TODO: send it to (host, port), and again, until it is acknowledged.
        print(f"not sent to {host}:{port} yet: {number} {value}")
    client.close()


if __name__ == "__main__":
    main()
