"""Sends numbered readings over an unreliable link (selective repeat). Usage: client.py HOST PORT COUNT"""

import random
import socket
import struct
import sys
import time

DATA = struct.Struct("!cII")  # b"D", session, number; the value follows as text
ACK = struct.Struct("!cIII")  # b"A", session, number that has come, number that is expected next
WINDOW = 8  # readings on their way at the same time
SHORTEST, LONGEST = 0.05, 0.5  # bounds of the time to wait for an acknowledgment, in seconds
PATIENCE = 8.0  # seconds without any acknowledgment until the link counts as dead


class Waiting:
    """How long to wait for an acknowledgment, learnt from the ones that came (RFC 6298)."""

    def __init__(self):
        self.smoothed, self.variation = 0.1, 0.025

    def learn(self, seconds):
        self.variation += (abs(seconds - self.smoothed) - self.variation) / 4
        self.smoothed += (seconds - self.smoothed) / 8

    def time(self, tries):
        """The waiting time after so many tries; it doubles with each."""
        wait = max(SHORTEST, self.smoothed + 4 * self.variation)
        return min(LONGEST, wait * 2 ** (tries - 1))


class Flight:
    """A reading that is not acknowledged yet."""

    def __init__(self, datagram):
        self.datagram = datagram
        self.tries = 0
        self.sent = self.due = 0.0


class Client:
    def __init__(self, place, count):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(place)
        self.session = random.getrandbits(32)
        self.count = count
        self.next = 1
        self.flights = {}
        self.waiting = Waiting()
        self.last_answer = time.monotonic()

    def send(self, flight):
        flight.tries += 1
        flight.sent = time.monotonic()
        flight.due = flight.sent + self.waiting.time(flight.tries)
        try:
            for _ in range(5):
                self.socket.send(flight.datagram)
        except OSError:
            pass  # as good as lost; it will be due again

    def send_new(self):
        """Sends as many new readings as the window has room for."""
        while self.next <= self.count and self.next < min(self.flights, default=self.next) + WINDOW:
            value = f"{random.uniform(15, 35):.2f}"
            print(f"reading {self.next}: {value}", flush=True)
            flight = Flight(DATA.pack(b"D", self.session, self.next) + value.encode())
            self.flights[self.next] = flight
            self.send(flight)
            self.next += 1

    def receive(self):
        """Waits for one acknowledgment, no longer than until the next reading is due."""
        soonest = min(flight.due for flight in self.flights.values())
        self.socket.settimeout(max(0.001, soonest - time.monotonic()))
        try:
            datagram = self.socket.recv(2048)
        except OSError:
            return  # nothing came, or nobody listens there at the moment
        if len(datagram) != ACK.size:
            return
        kind, session, number, expected = ACK.unpack(datagram)
        if kind != b"A" or session != self.session:
            return
        self.last_answer = time.monotonic()
        flight = self.flights.get(number)
        # After a second try nobody knows which of them was answered (Karn's rule).
        if flight and flight.tries == 1:
            self.waiting.learn(self.last_answer - flight.sent)
        for known in [n for n in self.flights if n == number or n < expected]:
            del self.flights[known]

    def run(self):
        while self.next <= self.count or self.flights:
            self.send_new()
            self.receive()
            now = time.monotonic()
            if now - self.last_answer > PATIENCE:
                sys.exit(f"no answer for {PATIENCE:.0f} seconds, giving up")
            for flight in self.flights.values():
                if flight.due <= now:
                    self.send(flight)


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: client.py HOST PORT COUNT")
    Client((sys.argv[1], int(sys.argv[2])), int(sys.argv[3])).run()
    print("all readings have arrived")


if __name__ == "__main__":
    main()
