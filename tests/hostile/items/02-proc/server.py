# Searches /proc for the grader, its arguments and its memory.
import os

import probe
import honest

own = {"self", "thread-self", str(os.getpid())}
pids = [name for name in os.listdir("/proc") if name.isdigit() and name not in own] if os.path.isdir("/proc") else []
for pid in pids:
    probe.leak(f"process {pid} is in sight")
for pid in range(1, 60):
    if str(pid) in own:
        continue
    for what in ("environ", "cmdline", "maps", "status"):
        probe.must_fail(f"/proc/{pid}/{what}", lambda: open(f"/proc/{pid}/{what}", "rb").read())
    probe.must_fail(f"/proc/{pid}/fd", lambda: os.listdir(f"/proc/{pid}/fd"))
    probe.must_fail(f"/proc/{pid}/root", lambda: os.listdir(f"/proc/{pid}/root/"))
    probe.must_fail(f"/proc/{pid}/cwd", lambda: os.readlink(f"/proc/{pid}/cwd"))
    probe.must_fail(f"/proc/{pid}/exe", lambda: os.readlink(f"/proc/{pid}/exe"))
    probe.must_fail(f"/proc/{pid}/mem", lambda: open(f"/proc/{pid}/mem", "rb").read(1))
for what in ("/proc/kcore", "/proc/kmsg", "/proc/keys", "/proc/key-users", "/proc/net/tcp", "/proc/sysrq-trigger", "/proc/cmdline"):
    probe.must_fail(what, lambda: open(what, "rb").read(1))
probe.done(300)
honest.serve()
