"""UDP echo server: sends each datagram back to its sender."""

import socket

HOST = ""  # every address of this machine
PORT = 5005

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

# TODO: bind the socket to (HOST, PORT).
# TODO: for ever: receive a datagram and send it back to the address it came from.

s.close()
