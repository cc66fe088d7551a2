"""UDP receiver: prints the payload of every datagram."""

import socket

HOST = "127.0.0.1"
PORT = 65432

# TODO: make this a socket for datagrams, and bind it to (HOST, PORT).
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

# TODO: for ever: receive a datagram and print "received message:" and its payload.

s.close()
