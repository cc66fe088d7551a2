"""Looks up the IPv4 address of a host (starter): fill in what is marked TODO."""

import socket

HOST = "www.google.com"


def main():
    # TODO: look up the address of HOST and print it.
    # TODO: say "Failed to get host" and end with status 1 when that fails.
    print("Looking for", HOST, "is not done yet;", socket.gethostname(), "is this machine.")


if __name__ == "__main__":
    main()
