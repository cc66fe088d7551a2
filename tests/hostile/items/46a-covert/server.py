# One of two submissions that run at the same time and try to talk: each leaves signs and looks for the other's.
import ctypes
import fcntl
import os
import socket
import time

import probe
import honest

ME, OTHER = "@ME@", "@OTHER@"
libc = ctypes.CDLL(None)
kept = []


def leave():
    for folder in ("/dev/shm", "/tmp", "/var/tmp", "/dev", "/run"):
        try:
            open(f"{folder}/covert-{ME}", "w").close()
        except OSError:
            pass
    s = socket.socket(socket.AF_UNIX)
    s.bind(f"\0covert-{ME}")
    s.listen()
    kept.append(s)
    t = socket.socket()
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind(("10.9.8.7", 7000 + ord(ME)))
    t.listen()
    kept.append(t)


def lock(number):
    """Whether a byte of a file that both can read is locked by somebody else."""
    f = open("/usr/bin/env", "rb")
    kept.append(f)
    try:
        fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno == 11:
            probe.leak("a lock on a file of the system, held by another submission")


def look():
    for folder in ("/dev/shm", "/tmp", "/var/tmp", "/dev", "/run"):
        if os.path.exists(f"{folder}/covert-{OTHER}"):
            probe.leak(f"a file of the other in {folder}")
    s = socket.socket(socket.AF_UNIX)
    probe.must_fail("an abstract socket of the other", lambda: s.connect(f"\0covert-{OTHER}"))
    t = socket.socket()
    probe.must_fail("a port of the other", lambda: t.connect(("10.9.8.7", 7000 + ord(OTHER))))
    probe.must_fail("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
    if libc.syscall(248, b"user", b"covert", b"x", 1, -4) >= 0:
        probe.leak("a key")
    # A semaphore and a queue by number, as ftok() makes them.
    if libc.msgget(4711 + ord(OTHER), 0) >= 0 or libc.semget(4711 + ord(OTHER), 0, 0) >= 0:
        probe.leak("a queue or a semaphore of the other")


leave()
libc.msgget(4711 + ord(ME), 0o1666)
libc.semget(4711 + ord(ME), 1, 0o1666)
lock(0)


# Before it serves, while the other one does the same.
for _ in range(6):
    look()
    time.sleep(0.02)
probe.done(12)
honest.serve()
