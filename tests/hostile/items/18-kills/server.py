# Kills everybody it can name.
import os
import signal

import probe
import honest

for target in (1, os.getppid(), -1):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGQUIT):
        probe.tried += 1
        if target == -1 and number != signal.SIGKILL:
            continue
        try:
            os.kill(target, number)
        except OSError:
            pass
for target in range(2, 400):
    if target != os.getpid():
        probe.must_fail(f"kill {target}", lambda: os.kill(target, 9))
probe.done(400)
honest.serve()
