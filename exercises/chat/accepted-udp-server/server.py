"""Accepted server over UDP: answers each datagram, ends at `close`."""

import socket

ADDRESS = ("127.0.0.1", 8000)


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(ADDRESS)
    # TODO: receive datagrams in a loop, print and answer each, until one says close
    sock.close()


main()
