# Leaves its port in TIME_WAIT and in the hands of a child, for the next test.
import os
import signal
import socket
import time

import honest

first = honest.listener(8080)
for _ in range(50):
    c = socket.create_connection(("127.0.0.1", 8080))
    first.accept()[0].close()
    c.close()
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.setsid()
    time.sleep(600)
server = honest.listener()
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print("tried enough", flush=True)
honest.serve(server)
