"""Receives three numbers in binary form, from one client after another."""

import socket
import struct

HOST = "localhost"
PORT = 10001
unpacker = struct.Struct("=iif")

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

# TODO: bind and listen.
# TODO: for ever: accept a client, receive unpacker.size bytes,
#       print them in hexadecimal and unpacked, close the connection.

s.close()
