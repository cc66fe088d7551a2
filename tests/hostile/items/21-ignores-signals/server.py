# Ignores whatever can be ignored and never listens.
import os
import signal
import time

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
print("tried enough", flush=True)
while True:
    time.sleep(0.5)
