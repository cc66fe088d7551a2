# Uses up its descriptors, gives a few back, and behaves.
import errno
import os

import probe
import honest

kept = []
try:
    while True:
        kept.append(os.dup(0))
except OSError as error:
    print(errno.errorcode[error.errno], len(kept), flush=True)
    if error.errno != errno.EMFILE or len(kept) > 1024:
        probe.leak(f"{len(kept)} descriptors, then {error}")
probe.tried = 1
for fd in kept[:20]:
    os.close(fd)
probe.done(1)
honest.serve()
