# Resets every connection as soon as it is there.
import socket
import struct

from honest import listener

s = listener()
while True:
    c, _ = s.accept()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
