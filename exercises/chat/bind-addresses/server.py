"""A server that is bound to the address and port given as arguments."""

import socket
import sys

if len(sys.argv) != 3:
    sys.exit("usage: server.py ADDRESS PORT")

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# TODO: bind it to the address and the port of the arguments; what if that fails?
# TODO: listen; then for ever: accept a client, print its address, close its connection
listener.close()
