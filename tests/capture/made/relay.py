"""Real conversations between two network namespaces with an unkind relay in between: `python3 relay.py NAME DIR` makes
`relay-NAME-client.pcap` and `relay-NAME-server.pcap`, the same conversation as seen on either side of the relay. It has to be
started in a network namespace of its own (`unshare -Urn`); without arguments it lists the names."""

import array
import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

CLIENT, SERVER, PORT = "10.7.0.1", "10.7.0.2", 4321
CLIENT6, SERVER6 = "fd07::1", "fd07::2"
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
IGNORE_OUTGOING = 23  # PACKET_IGNORE_OUTGOING


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def plain(name):
    """Switches off what lets a virtual card send unfinished checksums and huge segments."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (0x17, 0x1F, 0x25, 0x2C):  # ETHTOOL_STXCSUM, STSO, SGSO and its kin; not all exist everywhere
            value = array.array("I", [command, 0])
            request = struct.pack("16sP", name.encode(), value.buffer_info()[0])
            try:
                fcntl.ioctl(control, 0x8946, request)  # SIOCETHTOOL
            except OSError:
                pass


def inside(name, addresses, work):
    """Runs `work` in a child with a network of its own, once it has the card `name`. The child says on its standard output when
    it has a network, when it has addresses and when it is done, and each time waits for a byte. Returns its pid and where the bytes go."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ready)
        return pid, told
    try:
        os.close(told)
        if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        os.write(1, b".")
        os.read(ready, 1)
        for address in addresses:
            ip("address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
        plain(name)
        ip("link", "set", "lo", "up")
        ip("link", "set", name, "up")
        os.write(1, b".")
        os.read(ready, 1)
        work()
        os.write(1, b".")
        # The network goes when this process does, and the kernel may still have to say something.
        os.read(ready, 1)
        os._exit(0)
    except BaseException as error:
        print(f"{name}: {error!r}", file=sys.stderr)
        os.write(1, b".")
        os._exit(1)


# What the two programs do.


def listen(family=socket.AF_INET, host=SERVER):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, PORT))
    listener.listen()
    return listener


def accept(family=socket.AF_INET, host=SERVER):
    return listen(family, host).accept()[0]


def connect(family=socket.AF_INET, host=SERVER):
    deadline = time.monotonic() + 10
    while True:
        client = socket.socket(family, socket.SOCK_STREAM)
        try:
            client.connect((host, PORT))
            return client
        except ConnectionRefusedError:
            client.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def echo_all(connection):
    data = read_all(connection)
    connection.sendall(data)
    connection.close()


def exchange(client, size=60_000):
    client.sendall(random.Random(1).randbytes(size))
    client.shutdown(socket.SHUT_WR)
    assert len(read_all(client)) == size
    client.close()


def upload():
    exchange(connect())


def serve():
    echo_all(accept())


def upload6():
    exchange(connect(socket.AF_INET6, SERVER6))


def serve6():
    echo_all(accept(socket.AF_INET6, SERVER6))


def ping_pong():
    client = connect()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(25):
        client.sendall(b"line %d\n" % i)
        client.recv(100)
    client.close()


def answer():
    connection = accept()
    while data := connection.recv(100):
        connection.sendall(data.upper())
    connection.close()


def slow_serve():
    listener = listen()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection = listener.accept()[0]
    time.sleep(0.9)
    echo_all(connection)


def leave_unread():
    connection = accept()
    connection.recv(10)
    connection.close()


def send_on():
    client = connect()
    try:
        for _ in range(20):
            client.sendall(b"x" * 1000)
            time.sleep(0.005)
        client.recv(10)
    except OSError:
        pass
    client.close()


def close_at_nine(connection):
    """Both sides close at the same instant of the clock they share, while the relay holds packets back."""
    connection.sendall(b"hello")
    connection.recv(10)
    now = time.time()
    time.sleep(0.4 - now % 0.2)
    connection.close()


def open_to_each_other(own, other):
    with socket.socket() as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind((own, PORT))
        time.sleep(0.4 - time.time() % 0.2)
        end.settimeout(5)
        end.connect((other, PORT))
        end.sendall(b"me too")
        end.recv(10)
        time.sleep(0.1)


def datagrams():
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(0.05)
    for i in range(40):
        client.sendto(b"reading %d" % i, (SERVER, PORT))
        try:
            client.recv(100)
        except TimeoutError:
            pass


def answer_datagrams():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, PORT))
    server.settimeout(1.5)
    try:
        while True:
            data, sender = server.recvfrom(100)
            server.sendto(data.upper(), sender)
    except TimeoutError:
        pass


# What the relay does: a function of direction (0: from the client), running number, frame and dice that returns the delays in
# seconds after which the frame goes on: none loses it, two double it.


def is_tcp(frame, flags):
    at = 54 if frame[12:14] == b"\x86\xdd" else 14 + (frame[14] & 15) * 4
    protocol = frame[20] if at == 54 else frame[23]
    return protocol == 6 and len(frame) > at + 13 and frame[at + 13] & 0x17 == flags


def data_of(frame):
    return len(frame) > 200


class First:
    """Loses the first frame that `wanted` knows, and delays the others by `delay`."""

    def __init__(self, wanted, delay=0.001):
        self.wanted, self.delay, self.done = wanted, delay, False

    def __call__(self, direction, number, frame, dice):
        if not self.done and self.wanted(direction, frame):
            self.done = True
            return []
        return [self.delay]


def kind(direction, number, frame, dice):
    return [0.005]


def loses(direction, number, frame, dice):
    return [] if dice.random() < 0.08 else [0.002]


def loses_answers(direction, number, frame, dice):
    return [] if direction == 1 and dice.random() < 0.15 else [0.002]


def reorders(direction, number, frame, dice):
    return [0.006] if dice.random() < 0.2 else [0.001]


def doubles(direction, number, frame, dice):
    return [0.001, 0.0015] if dice.random() < 0.15 else [0.001]


def jitters(direction, number, frame, dice):
    return [0.01 + dice.random() * 0.01]


def everything(direction, number, frame, dice):
    fate = dice.random()
    if fate < 0.06:
        return []
    return [0.001, 0.004] if fate < 0.12 else [0.008] if fate < 0.22 else [0.001]


def goes_dark(direction, number, frame, dice):
    return [] if 20 <= number < 32 else [0.002]


def far_away(direction, number, frame, dice):
    return [0.06]


SYN, SYN_ACK, FIN_ACK, ACK = 2, 18, 17, 16
SCENARIOS = {
    "kind": (upload, serve, lambda: kind),
    "loses": (upload, serve, lambda: loses),
    "loses-answers": (upload, serve, lambda: loses_answers),
    "reorders": (upload, serve, lambda: reorders),
    "doubles": (upload, serve, lambda: doubles),
    "jitters": (upload, serve, lambda: jitters),
    "everything": (upload, serve, lambda: everything),
    "everything-ipv6": (upload6, serve6, lambda: everything),
    "goes-dark": (upload, serve, lambda: goes_dark),
    "ping-pong-loses": (ping_pong, answer, lambda: loses),
    "ping-pong-reorders": (ping_pong, answer, lambda: reorders),
    "loses-syn": (ping_pong, answer, lambda: First(lambda d, f: is_tcp(f, SYN))),
    "loses-syn-ack": (ping_pong, answer, lambda: First(lambda d, f: is_tcp(f, SYN_ACK))),
    "loses-fin": (ping_pong, answer, lambda: First(lambda d, f: is_tcp(f, FIN_ACK))),
    "loses-second-fin": (ping_pong, answer, lambda: First(lambda d, f: d == 1 and is_tcp(f, FIN_ACK))),
    "loses-last-data": (upload, serve, lambda: First(lambda d, f: d == 0 and data_of(f) and len(f) < 1500)),
    "slow-reader": (upload, slow_serve, lambda: kind),
    "slow-reader-loses": (upload, slow_serve, lambda: loses),
    "unread": (send_on, leave_unread, lambda: kind),
    "closes-at-once": (lambda: close_at_nine(connect()), lambda: close_at_nine(accept()), lambda: far_away),
    "opens-at-once": (
        lambda: open_to_each_other(CLIENT, SERVER),
        lambda: open_to_each_other(SERVER, CLIENT),
        lambda: far_away,
    ),
    "udp-everything": (datagrams, answer_datagrams, lambda: everything),
}


class Pcap:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))  # nanoseconds, Ethernet

    def add(self, frame):
        now = time.time_ns()
        head = struct.pack("<IIII", now // 10**9, now % 10**9, len(frame), len(frame))
        self.file.write(head + frame)


def relay(fate, cards, files, said):
    """Passes frames on until both programs are done and nothing is under way."""
    dice, heap, number = random.Random(7), [], 0
    running = 2
    last = time.monotonic()
    while True:
        wait = max(0.0, heap[0][0] - time.monotonic()) if heap else 0.05
        ready, _, _ = select.select([*cards, said], [], [], wait)
        for card in ready:
            if card == said:
                running -= len(os.read(said, 2))
                continue
            frame = card.recv(65536)
            if frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
                cards[1 - cards.index(card)].send(frame)
                continue
            last = time.monotonic()
            direction = cards.index(card)
            # What the kernel says to its neighbours is no part of the conversation.
            if frame[12:14] == b"\x86\xdd" and frame[20] not in (6, 17):
                cards[1 - direction].send(frame)
                continue
            files[direction].add(frame)
            number += 1
            for delay in fate(direction, number, frame, dice):
                heapq.heappush(heap, (last + delay, number, direction, frame))
        while heap and heap[0][0] <= time.monotonic():
            _, _, direction, frame = heapq.heappop(heap)
            files[1 - direction].add(frame)
            cards[1 - direction].send(frame)
        # The kernel goes on for the sockets that the programs have left, for a while.
        if running <= 0 and not heap and time.monotonic() - last > 0.7:
            return


def run(name, directory):
    client, server, make_fate = SCENARIOS[name]
    told = []
    pids = []
    said, saying = os.pipe()
    os.dup2(saying, 1)
    os.close(saying)
    for card, own, addresses, work in (
        ("r0", "c0", (CLIENT + "/24", CLIENT6 + "/64"), client),
        ("r1", "s0", (SERVER + "/24", SERVER6 + "/64"), server),
    ):
        ip("link", "add", own, "type", "veth", "peer", "name", card)
        pid, tell = inside(own, addresses, work)
        os.read(said, 1)
        ip("link", "set", own, "netns", str(pid))
        plain(card)
        ip("link", "set", card, "up", "promisc", "on")
        os.write(tell, b"a")
        os.read(said, 1)
        pids.append(pid)
        told.append(tell)
    cards = []
    for card in ("r0", "r1"):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        end.setsockopt(263, IGNORE_OUTGOING, 1)  # SOL_PACKET
        end.bind((card, 3))  # ETH_P_ALL
        cards.append(end)
    files = [Pcap(os.path.join(directory, f"relay-{name}-{side}.pcap")) for side in ("client", "server")]
    # The server first; the client tries again while nobody listens.
    os.write(told[1], b"b")
    os.write(told[0], b"b")
    signal.alarm(30)
    relay(make_fate(), cards, files, said)
    for tell in told:
        os.write(tell, b"c")
    for pid in pids:
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit(f"{name}: a program failed")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(SCENARIOS))
    else:
        run(sys.argv[1], sys.argv[2])
