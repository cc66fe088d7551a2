# Asks the name server in every broken way, sends it an answer, then behaves. The decompression bomb goes to the desk.
import os
import random
import socket
import zlib

import honest

u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(0.5)
at = ("127.0.0.53", 53)
head = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
loop = head + b"\xc0\x0c\x00\x01\x00\x01"
for packet in (b"", b"\0", head, loop, head + b"\x3f" + b"a" * 10, head + b"\x05ab\xffcd\x00\x00\x01\x00\x01",
               b"\x12\x34\x81\x80" + b"\xff" * 8, head + b"\x01a" * 200 + b"\0\0\1\0\1", os.urandom(65000)):
    u.sendto(packet, at)
for _ in range(2000):
    u.sendto(random.randbytes(random.randrange(64)), at)
print("still there:", socket.gethostbyname("lab.example"), "tried enough", flush=True)
honest.ask()
