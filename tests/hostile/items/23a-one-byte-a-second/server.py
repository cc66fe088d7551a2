# Answers one byte a second and never closes.
import time

from honest import listener

s = listener()
kept = []
while True:
    c, _ = s.accept()
    kept.append(c)
    data = c.recv(1000)
    for byte in data * 1000:
        c.sendall(bytes([byte]))
        time.sleep(1)
