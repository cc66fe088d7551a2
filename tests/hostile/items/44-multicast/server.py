# Shouts at everybody.
import socket

import honest

for address in ("224.0.0.1", "224.0.0.251", "239.255.255.250", "255.255.255.255", "192.168.1.255", "127.1.2.3", "0.0.0.0"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 32)
    for port in (53, 1900, 5353, 67, 9):
        for _ in range(20):
            try:
                s.sendto(b"anybody there?", (address, port))
            except OSError:
                pass
for address in ("ff02::1", "::1", "ff02::fb"):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        s.sendto(b"anybody there?", (address, 5353))
    except OSError:
        pass
print("tried enough", flush=True)
honest.serve()
