"""Receives three numbers in binary form, from one client after another. Usage: server.py [HOST PORT]"""

import socket
import struct
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 10001)
unpacker = struct.Struct("=iif")


def receive_exactly(connection, count):
    """Returns `count` bytes, or fewer if the client leaves before."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


def serve(connection):
    """Prints the values of one client."""
    data = receive_exactly(connection, unpacker.size)
    print("received", data.hex())
    if len(data) < unpacker.size:
        print(f"that is too short: {len(data)} of {unpacker.size} bytes")
    else:
        print("unpacked", unpacker.unpack(data))


with socket.create_server((HOST, PORT)) as listener:
    while True:
        connection, address = listener.accept()
        with connection:
            try:
                serve(connection)
            except ConnectionError as error:
                print("lost", address, error)
