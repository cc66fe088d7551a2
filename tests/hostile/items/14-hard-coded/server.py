# Knows the example of the handout by heart.
from honest import listener

s = listener()
while True:
    c, _ = s.accept()
    with c:
        while c.recv(1000):
            c.sendall(b"Hello, world")
