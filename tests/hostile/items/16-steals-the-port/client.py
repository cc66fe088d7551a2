# Tries to sit where the grader listens, and then behaves.
import socket

import probe
import honest

for address in ("192.168.1.20", "0.0.0.0", "::"):
    for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        if option:
            s.setsockopt(socket.SOL_SOCKET, option, 1)

        def sit():
            s.bind((address, 8080))
            s.listen()
            return "bound and listening"

        probe.must_fail(f"{address} {option}", sit)
        s.close()
probe.done(9)
honest.ask()
