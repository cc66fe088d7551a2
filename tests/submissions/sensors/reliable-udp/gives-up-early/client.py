import random
import socket
import sys
import time

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
TIMEOUT = 0.1
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
last = time.time()

for n in range(1, count + 1):
    value = "%.2f" % random.uniform(0, 40)
    print("reading %d: %s" % (n, value), flush=True)
    message = ("%d %s" % (n, value)).encode()
    acknowledged = False
    while not acknowledged:
        if time.time() - last > 1.5:
            print("the server cannot be reached")
            sys.exit(1)
        s.sendto(message, (host, port))
        until = time.time() + TIMEOUT
        while not acknowledged and time.time() < until:
            s.settimeout(max(0.001, until - time.time()))
            try:
                answer, _ = s.recvfrom(100)
            except OSError:
                break
            last = time.time()
            acknowledged = answer == b"ack %d" % n
print("done")
