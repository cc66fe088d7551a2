"""Looks up the IPv4 address of a host."""

import socket
import sys

HOST = "www.google.com"


def main():
    try:
        address = socket.gethostbyname(HOST)
    except socket.gaierror as error:
        print("Failed to get host", HOST, "-", error.strerror)
        sys.exit(1)
    print("The address of", HOST, "is", address)


if __name__ == "__main__":
    main()
