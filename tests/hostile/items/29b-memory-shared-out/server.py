# Takes memory in many processes, each of them below the limit.
import os
import time

print("tried enough", flush=True)
for _ in range(30):
    if os.fork() == 0:
        keep = bytearray(60 << 20)
        for at in range(0, len(keep), 4096):
            keep[at] = 1
        time.sleep(600)
time.sleep(600)
