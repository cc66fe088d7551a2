"""Echo server for one client after another."""

import socket

HOST = ""  # every address of this machine
PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

# TODO: bind and listen; when the port is taken, say so and end.

# TODO: for ever: accept a client, send back what it sends, close its connection.

s.close()
