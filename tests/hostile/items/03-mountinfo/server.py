# Prints what the kernel tells about mounts and groups: no path of the host's tests or students may be in it.
import os

import honest

for file in ("mountinfo", "mounts", "mountstats", "cgroup", "cpuset", "maps", "auxv", "limits"):
    try:
        with open(f"/proc/self/{file}", "rb") as f:
            print(file, f.read(40_000), flush=True)
    except OSError as error:
        print(file, error, flush=True)
print(os.getcwd(), os.path.realpath("."), os.path.realpath("/proc/self/exe"), os.statvfs("/"), "tried enough", flush=True)
honest.serve()
