"""Receives numbered readings (starter). Usage: server.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9100
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # TODO: bind to the port; receive readings, show each once and in order, acknowledge them.
    print("Nothing is received on port", port, "yet.")
    server.close()


if __name__ == "__main__":
    main()
