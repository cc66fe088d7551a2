# Fills every place it may write to, in every way, and then behaves.
import errno
import os
import signal

import probe
import honest

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def fill(action):
    try:
        while True:
            action()
    except OSError as error:
        return errno.errorcode[error.errno]


def one_file(folder):
    with open(os.path.join(folder, "one"), "wb", buffering=0) as f:
        return fill(lambda: f.write(bytes(1 << 20)) or f.write(b"x"))


def many(folder):
    names = iter(range(1 << 30))
    return fill(lambda: open(os.path.join(folder, str(next(names))), "wb").close())


def sparse(folder):
    with open(os.path.join(folder, "sparse"), "wb") as f:
        return fill(lambda: f.truncate(1 << 40) or 1 / 0)


for folder in ("/tmp", "/box", "/dev/shm"):
    for way in (sparse, one_file, many):
        probe.tried += 1
        what = way(folder)
        print(folder, way.__name__, what, flush=True)
        if what not in ("EFBIG", "ENOSPC", "EDQUOT"):
            probe.leak(f"{folder} {way.__name__} ends with {what}")
probe.done(9)
honest.serve()
