#!/usr/bin/env python3
"""Records the captures of the two capture exercises with real programs on a loopback interface of their own.

usage: unshare -rn python3 record.py FOLDER

Writes tcp-*.pcapng and udp-*.pcapng into FOLDER; the references and the seeded bugs are such files. Every
run has other initial sequence numbers, ports and times, so that the answers beside them change, too.
"""

import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

LINKTYPE_ETHERNET = 1
PACKET_OUTGOING = 4
NANOSECONDS = 9


def block(kind, body):
    """One pcapng block: type, length, body padded to four bytes, length."""
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def write_pcapng(path, packets):
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    interface = struct.pack("<HHI", LINKTYPE_ETHERNET, 0, 65535)
    interface += option(2, b"lo") + option(9, bytes([NANOSECONDS])) + option(0, b"")
    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, section))
        file.write(block(1, interface))
        for when, data in packets:
            head = struct.pack("<IIIII", 0, when >> 32, when & 0xFFFFFFFF, len(data), len(data))
            file.write(block(6, head + data))


class Recording(threading.Thread):
    """Collects the frames on `lo`, each once, until `finish` is called."""

    def __init__(self):
        super().__init__(daemon=True)
        self.packets = []
        self.over = False
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("lo", 0))
        self.start()

    def run(self):
        while not self.over:
            if select.select([self.socket], [], [], 0.05)[0]:
                data, address = self.socket.recvfrom(65535)
                if address[2] != PACKET_OUTGOING:
                    self.packets.append((time.time_ns(), data))

    def finish(self):
        time.sleep(0.15)
        self.over = True
        self.join()
        return self.packets


TCP_SERVER = """
import socket, time
s = socket.create_server((HOST, PORT))
for _ in range(CLIENTS):
    c, _ = s.accept()
    while data := c.recv(1024):
        c.sendall(REPLY or data)
    time.sleep(LINGER)
    c.close()
"""

TCP_CLIENT = """
import socket
s = socket.create_connection((HOST, PORT))
for message in MESSAGES:
    s.sendall(message)
    s.recv(1024)
s.close()
"""

UDP_SERVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((HOST, PORT))
for _ in range(COUNT):
    data, address = s.recvfrom(2048)
    if ANSWERS:
        s.sendto(REPLY or data, address)
"""

UDP_CLIENT = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.3)
for message in MESSAGES:
    s.sendto(message, (HOST, PORT))
    try:
        s.recvfrom(2048)
    except TimeoutError:
        pass
"""


def run(program, wait=True, **values):
    """Starts a program with these values in front of it."""
    settings = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    process = subprocess.Popen([sys.executable, "-c", settings + program])
    if wait:
        process.wait()
    else:
        time.sleep(0.4)
    return process


def tcp(path, word, port=65432, message=None, more=(), reply=b"", linger=0, keep=slice(None)):
    messages = [message or f"Hello, world, from {word}".encode(), *more]
    where = {"HOST": "127.0.0.1", "PORT": port}
    recording = Recording()
    server = run(TCP_SERVER, wait=False, CLIENTS=1, REPLY=reply, LINGER=linger, **where)
    run(TCP_CLIENT, MESSAGES=messages, **where)
    write_pcapng(path, recording.finish()[keep])
    server.wait()


def udp(path, word, port=5005, message=None, more=(), reply=b"", answers=True):
    messages = [message or f"Hello, world, from {word}".encode(), *more]
    where = {"HOST": "127.0.0.1", "PORT": port}
    recording = Recording()
    server = run(UDP_SERVER, wait=False, COUNT=len(messages), REPLY=reply, ANSWERS=answers, **where)
    run(UDP_CLIENT, MESSAGES=messages, **where)
    write_pcapng(path, recording.finish())
    server.wait()


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    # An MTU as on a real network.
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)

    def to(name):
        return os.path.join(folder, name + ".pcapng")

    for word in ("heron", "quince", "walrus"):
        tcp(to(f"tcp-{word}"), word)
        udp(to(f"udp-{word}"), word)
    # Two messages, and a server that takes its time to close: four segments.
    tcp(to("tcp-otter"), "otter", more=[b"and once more"], linger=0.1)
    udp(to("udp-otter"), "otter", more=[b"and once more", b"and a third time"])
    # Begun after the handshake; ended before the close.
    tcp(to("tcp-late"), "heron", keep=slice(3, None))
    tcp(to("tcp-cut"), "heron", keep=slice(0, -3))
    tcp(to("tcp-other-port"), "heron", port=8080)
    tcp(to("tcp-handout-text"), "", message=b"Hello, world")
    tcp(to("tcp-upper"), "heron", reply=b"HELLO, WORLD, FROM HERON")
    udp(to("udp-no-answer"), "heron", answers=False)
    udp(to("udp-other-port"), "heron", port=5006)
    udp(to("udp-handout-text"), "", message=b"Hello, world")
    udp(to("udp-upper"), "heron", reply=b"HELLO, WORLD, FROM HERON")
    # The pair of the TCP exercise on the port of the UDP exercise.
    tcp(to("tcp-on-udp-port"), "heron", port=5005)


if __name__ == "__main__":
    main()
