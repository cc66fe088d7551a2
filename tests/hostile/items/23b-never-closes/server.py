# Echoes, but keeps every connection open for ever.
import threading
import time

from honest import listener

kept = []


def one(c):
    kept.append(c)
    while data := c.recv(65536):
        c.sendall(data)
    time.sleep(600)


s = listener()
while True:
    c, _ = s.accept()
    threading.Thread(target=one, args=(c,)).start()
