"""Sensor server over UDP (starter). Usage: server_udp.py [PORT]"""

import socket
import sys

PORT = 5702


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # TODO: bind to the port.
    # TODO: receive datagrams, show their values, answer each.
    print("Nothing listens on UDP port", port, "yet.")
    server.close()


if __name__ == "__main__":
    main()
