import socket
import struct
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", int(sys.argv[1])))
seen = {}
while True:
    datagram, sender = sock.recvfrom(2048)
    kind, session, number = struct.unpack_from("!cII", datagram)
    known = seen.setdefault((sender, session), set())
    if number not in known:
        known.add(number)
        print("reading %d: %s" % (number, datagram[9:].decode()), flush=True)
    first_missing = 1
    while first_missing in known:
        first_missing += 1
    sock.sendto(struct.pack("!cIII", b"A", session, number, first_missing), sender)
