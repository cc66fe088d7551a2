# Leaves marks wherever it can and looks for those of an earlier check.
import os

import probe
import honest

for place in ("/box", "/tmp", "/dev/shm", "/var", "/dev", "/run"):
    mark = os.path.join(place, "mark")
    probe.tried += 1
    if os.path.exists(mark):
        probe.leak(f"{mark} is from another check")
    try:
        open(mark, "w").close()
    except OSError:
        pass
for system in ("/usr/bin/mark", "/usr/lib/mark", "/etc/hosts", "/etc/passwd", "/bin/sh", "/lib/mark", "/mark", "/opt/mark"):
    probe.must_fail(f"writing {system}", lambda: open(system, "a"))
for system in ("/etc/hosts", "/usr/bin/env"):
    probe.must_fail(f"chmod {system}", lambda: os.chmod(system, 0o777))
    probe.must_fail(f"unlink {system}", lambda: os.unlink(system))
probe.done(14)
honest.serve()
