import random
import socket
import sys
import time

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
last = time.time()


def answered(seconds):
    """Whether anything comes back."""
    s.settimeout(seconds)
    try:
        return s.recvfrom(100)[0] == b"ok"
    except OSError:
        return False


for n in range(1, count + 1):
    line = "reading %d: %.2f" % (n, random.uniform(0, 40))
    print(line, flush=True)
    s.sendto(line.encode(), (host, port))
    while not answered(0.4):
        if time.time() - last > 9:
            print("the server cannot be reached")
            sys.exit(1)
        s.sendto(line.encode(), (host, port))
    last = time.time()
    # An ok that comes twice must not be taken for the next one's.
    while answered(0.25):
        pass
print("done")
