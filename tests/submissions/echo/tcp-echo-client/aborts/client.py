import socket
import struct

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# close at once, no TIME_WAIT
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.connect(("127.0.0.1", 65432))
s.sendall(b"Hello, world")
reply = b""
while len(reply) < 12:
    piece = s.recv(4096)
    if piece == b"":
        break
    reply += piece
print("Received", reply)
s.close()
