import socket
import sys
import time

while True:
    try:
        s = socket.create_connection(("127.0.0.1", 65432))
        break
    except ConnectionRefusedError:
        print("127.0.0.1:65432 refused the connection, trying again", file=sys.stderr)
        time.sleep(1)

s.sendall(b"Hello, world")
print("Received", s.recv(1024))
s.close()
