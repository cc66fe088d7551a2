"""Sensor server over TCP (starter). Usage: server_tcp.py [PORT]"""

import socket
import sys

PORT = 5701


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: bind to the port, listen, accept a sensor.
    # TODO: collect whole messages, show their values, answer each.
    print("Nothing listens on TCP port", port, "yet.")
    listener.close()


if __name__ == "__main__":
    main()
