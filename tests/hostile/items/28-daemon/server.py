# Ends with status 0 and leaves a daemon that holds its output.
import os
import signal
import time

print("tried enough", flush=True)
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
for number in range(1, 32):
    if number not in (9, 19):
        signal.signal(number, signal.SIG_IGN)
time.sleep(600)
