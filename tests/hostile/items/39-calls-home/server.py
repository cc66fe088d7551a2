# Sends what it knows to the world. Everything stays in a network of its own, in which nobody answers.
import os
import socket

import probe
import honest

secret = b"secret from a submission"
for address in ("8.8.8.8", "1.1.1.1", "10.0.0.1", "192.168.0.1", "172.17.0.1", "169.254.169.254", "100.100.100.200", "@GATEWAY@"):
    for port in (22, 53, 80, 443, 8080):
        s = socket.socket()
        s.settimeout(0.2)
        probe.must_fail(f"{address}:{port}", lambda: s.connect((address, port)))
        s.close()
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.settimeout(0.02)
        try:
            u.sendto(secret, (address, port))
            probe.leak(f"{address}:{port} answers {u.recv(100)}")
        except OSError:
            probe.tried += 1
        u.close()
for name in ("www.example.com", "metadata.google.internal", "@HOSTNAME@", "host.docker.internal"):
    probe.must_fail(name, lambda: socket.getaddrinfo(name, 80))
for address in ("2001:4860:4860::8888", "fe80::1"):
    s = socket.socket(socket.AF_INET6)
    s.settimeout(0.2)
    probe.must_fail(address, lambda: s.connect((address, 80)))
probe.must_fail("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).sendto(b"\x08\0\0\0\0\0\0\0", ("8.8.8.8", 0)))
print("network:", os.readlink("/proc/self/ns/net") if os.path.exists("/proc/self/ns/net") else "unknown", flush=True)
probe.done(80)
honest.serve()
