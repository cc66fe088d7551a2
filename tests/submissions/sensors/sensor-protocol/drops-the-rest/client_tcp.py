"""A sensor that reports over TCP; a thread shows the answers. Usage: client_tcp.py [HOST PORT]"""

import random
import socket
import struct
import sys
import threading
import time

place = ("127.0.0.1", 5701)
if len(sys.argv) > 2:
    place = (sys.argv[1], int(sys.argv[2]))


def show_answers(s):
    rest = b""
    while True:
        data = s.recv(100)
        if not data:
            return
        rest += data
        while len(rest) >= 4:
            kind, number, alarm = struct.unpack("!BH?", rest[:4])
            rest = rest[4:]
            print("answer to", number, "alarm" if alarm else "")


try:
    s = socket.create_connection(place)
except OSError as problem:
    print("no connection:", problem)
    sys.exit(1)
reader = threading.Thread(target=show_answers, args=(s,))
reader.start()
begin = time.time()
for n in range(1, 11):
    s.sendall(struct.pack("!BHfB", 1, n, random.uniform(15, 35), random.randrange(100)))
    time.sleep(max(0, begin + n * 0.25 - time.time()))
s.shutdown(socket.SHUT_WR)
reader.join()
s.close()
