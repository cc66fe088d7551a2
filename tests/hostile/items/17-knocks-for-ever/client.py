# Connects ten thousand times, from several processes, and never says anything.
import os
import socket
import time

print("tried enough", flush=True)
for _ in range(5):
    if os.fork() == 0:
        break
kept = []
for number in range(10_000):
    s = socket.socket()
    s.setblocking(False)
    try:
        s.connect_ex(("192.168.1.20", 8080))
        kept.append(s)
    except OSError:
        pass
    if len(kept) > 200:
        kept.pop(0).close()
time.sleep(600)
