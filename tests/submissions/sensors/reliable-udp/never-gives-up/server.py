"""Receives numbered readings over an unreliable link and shows each once, in order. Usage: server.py PORT"""

import socket
import struct
import sys

DATA = struct.Struct("!cII")  # b"D", session, number; the value follows as text
ACK = struct.Struct("!cIII")  # b"A", session, number that has come, number that is expected next
AHEAD = 64  # how far a reading may be in front of the expected one


class Session:
    """What is known of one client."""

    def __init__(self):
        self.expected = 1
        self.early = {}  # readings that came before their turn

    def take(self, number, value):
        """Notes a reading and shows all whose turn it is."""
        if self.expected <= number < self.expected + AHEAD:
            self.early[number] = value
        while self.expected in self.early:
            print(f"reading {self.expected}: {self.early.pop(self.expected)}", flush=True)
            self.expected += 1


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: server.py PORT")
    sessions = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", int(sys.argv[1])))
        try:
            while True:
                datagram, client = server.recvfrom(2048)
                if len(datagram) < DATA.size or datagram[:1] != b"D":
                    continue
                _, identity, number = DATA.unpack_from(datagram)
                session = sessions.setdefault((client, identity), Session())
                session.take(number, datagram[DATA.size :].decode(errors="replace"))
                # Old readings are acknowledged, too: the first acknowledgment may have been lost.
                server.sendto(ACK.pack(b"A", identity, number, session.expected), client)
        except KeyboardInterrupt:
            print("server stopped")


if __name__ == "__main__":
    main()
