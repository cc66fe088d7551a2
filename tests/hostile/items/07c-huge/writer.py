# Leaves a file without end, as far as the limit goes, and folders in each other.
import os
import sys

with open("report.txt", "wb") as f:
    f.write(b"not yet ")
    f.truncate(30 << 20)
    f.seek(0, 2)
    f.write(sys.argv[1].encode())
for depth in range(100):
    os.mkdir("deep")
    os.chdir("deep")
print("tried enough", flush=True)
