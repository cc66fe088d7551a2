import socket
import sys

s = socket.socket()
try:
    s.connect(("127.0.0.1", 65432))
    s.sendall(b"Hello, world")
    print("Received", s.recv(1024))
except:
    sys.exit(1)
finally:
    s.close()
