# Never reads: the window stays shut.
import socket
import time

from honest import listener

s = listener()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256)
kept = []
while True:
    kept.append(s.accept()[0])
    if len(kept) > 1000:
        time.sleep(600)
