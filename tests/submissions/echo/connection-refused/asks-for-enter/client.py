import socket
import sys
import time

HOST = "127.0.0.1"
PORT = 65432


def try_again():
    print("Connection refused. Press Enter to try again or q to quit")
    time.sleep(0.5)
    return sys.stdin.readline().strip() != "q"


s = None
while s is None:
    try:
        s = socket.create_connection((HOST, PORT))
    except OSError:
        if not try_again():
            sys.exit(1)

s.sendall(b"Hello, world")
data = s.recv(1024)
print("Received", data)
s.close()
