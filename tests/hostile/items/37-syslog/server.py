# Floods the system's log.
import socket
import syslog

import probe
import honest

for path in ("/dev/log", "/run/systemd/journal/socket", "/run/systemd/journal/dev-log", "/var/run/log"):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        s = socket.socket(socket.AF_UNIX, kind)
        probe.must_fail(path, lambda: s.connect(path))
for _ in range(1000):
    syslog.syslog("a line from a submission")
probe.must_fail("/dev/kmsg", lambda: open("/dev/kmsg", "w"))
probe.must_fail("/dev/console", lambda: open("/dev/console", "w"))
probe.done(10)
honest.serve()
