import os
import socket
import sys

if len(sys.argv) < 2:
    sys.exit("which path?")
server = socket.socket(socket.AF_UNIX)
try:
    server.bind(sys.argv[1])
except OSError:
    sys.exit(sys.argv[1] + " exists already")
try:
    server.listen()
    while True:
        client, address = server.accept()
        print("client connected")
        data = client.recv(65536)
        while data:
            client.sendall(data)
            data = client.recv(65536)
        print("client done")
finally:
    os.unlink(sys.argv[1])
