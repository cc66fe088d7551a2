# Looks for everything that it should not see, and sends back what it has found instead of an echo.
import os

import probe
from honest import listener

PLACES = ["/etc/shadow", "/etc/gshadow", "/root/.ssh", "/root/.bash_history", "/home", "/proc/1/environ", "/proc/1/cwd", "/var/lib", "/srv",
          "@HOME@", "@HOME@/canary.txt", "@CLASS@", "@CLASS@/beside/server.py", "@RUN@", "@RUN@/plan.json"]
found = []
for place in PLACES:
    probe.tried += 1
    try:
        found.append(f"{place} {os.listdir(place) if os.path.isdir(place) else open(place, 'rb').read(200)!r}")
    except OSError:
        pass
# Everything else that can be read, the system's own files left out.
for folder, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in
                  ("/usr", "/proc", "/sys", "/dev", "/lib", "/lib64", "/bin", "/sbin", "/etc/ssl", "/etc/alternatives", "/opt", "/root")]
    for file in files:
        try:
            with open(os.path.join(folder, file), "rb") as f:
                data = f.read(100_000)
        except OSError:
            continue
        if b"CANA" b"RY" in data and not folder.startswith("/box"):
            found.append(os.path.join(folder, file))
for what in found:
    probe.leak(what)
probe.done(14)
s = listener()
while True:
    c, _ = s.accept()
    with c:
        while c.recv(1000):
            c.sendall(repr(found).encode())
