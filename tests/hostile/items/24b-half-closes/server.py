# Half-closes at once and then reads for ever.
import socket

from honest import listener

s = listener()
while True:
    c, _ = s.accept()
    c.shutdown(socket.SHUT_WR)
    while c.recv(1000):
        pass
