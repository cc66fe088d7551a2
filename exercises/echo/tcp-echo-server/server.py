"""TCP echo server: sends back whatever a client sends."""

import socket

HOST = "127.0.0.1"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    # TODO: bind the socket to (HOST, PORT) and let it listen.
    # TODO: accept a client and print its address.
    # TODO: send back what you receive until the client has closed.
    pass
