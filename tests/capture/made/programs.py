"""Real conversations for the capture tests: `python3 programs.py NAME` runs one on the loopback device and exits."""

import ctypes
import os
import socket
import struct
import sys
import threading
import time

HOST, PORT = "127.0.0.1", 8080


def pair(serve, talk, host=HOST, family=socket.AF_INET, prepare=None):
    """Runs a server for one client in a thread, and the client here."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if prepare:
        prepare(listener)
    listener.bind((host, PORT))
    listener.listen()

    def accept():
        connection, _ = listener.accept()
        serve(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    client = socket.socket(family, socket.SOCK_STREAM)
    client.connect((host, PORT))
    talk(client)
    thread.join()
    listener.close()


def receive_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def echo(connection):
    while data := connection.recv(1024):
        connection.sendall(data)
    connection.close()


def linger(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_hello(client):
    client.sendall(b"hello")
    client.recv(100)
    client.close()


def client_closes():
    pair(echo, say_hello)


def server_closes():
    def serve(connection):
        connection.sendall(connection.recv(100))
        connection.close()

    def talk(client):
        client.sendall(b"hello")
        receive_all(client)
        client.close()

    pair(serve, talk)


def server_closes_late():
    def serve(connection):
        while connection.recv(100):
            pass
        time.sleep(0.1)
        connection.close()

    pair(serve, lambda client: (client.sendall(b"x"), client.close()))


def half_close():
    def serve(connection):
        data = receive_all(connection)
        connection.sendall(data.upper())
        connection.close()

    def talk(client):
        client.sendall(b"shout this")
        client.shutdown(socket.SHUT_WR)
        receive_all(client)
        client.close()

    pair(serve, talk)


def client_resets():
    pair(receive_or_reset, lambda client: (client.sendall(b"x"), linger(client), client.close()))


def receive_or_reset(connection):
    try:
        while connection.recv(100):
            pass
    except ConnectionResetError:
        pass
    connection.close()


def server_resets():
    def serve(connection):
        connection.recv(100)
        linger(connection)
        connection.close()

    pair(serve, lambda client: (client.sendall(b"x"), receive_or_reset(client)))


def unread_data():
    def serve(connection):
        time.sleep(0.05)
        connection.close()

    pair(serve, lambda client: (client.sendall(b"never read"), receive_or_reset(client)))


def send_after_close():
    def serve(connection):
        connection.close()

    def talk(client):
        receive_all(client)
        try:
            for _ in range(3):
                client.sendall(b"too late")
                time.sleep(0.01)
        except OSError:
            pass
        client.close()

    pair(serve, talk)


def refused():
    try:
        socket.create_connection((HOST, 1))
    except ConnectionRefusedError:
        pass


def ipv6_echo():
    pair(echo, say_hello, host="::1", family=socket.AF_INET6)


def big_transfer():
    pair(echo_stream, lambda client: exchange(client, bytes(300_000)))


def echo_stream(connection):
    data = receive_all(connection)
    connection.sendall(data)
    connection.close()


def exchange(client, data):
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)
    receive_all(client)
    client.close()


def small_pieces():
    def talk(client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(50):
            client.sendall(b"%d" % i)
        client.shutdown(socket.SHUT_WR)
        receive_all(client)
        client.close()

    pair(echo, talk)


def slow_reader():
    """The receiver does not read until the sender is stuck: zero window, probes, window update."""

    def small(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def serve(connection):
        time.sleep(0.8)
        receive_all(connection)
        connection.close()

    pair(serve, lambda client: exchange(client, bytes(200_000)), prepare=small)


def lose(connection, share):
    """Drops a share of the packets that reach a socket, with a classic BPF filter on random numbers."""
    random_word = 0xFFFFF000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM
    program = [
        (0x20, 0, 0, random_word),  # load
        (0x25, 0, 1, int(0xFFFFFFFF * (1 - share))),  # greater than: drop
        (0x06, 0, 0, 0),
        (0x06, 0, 0, 0xFFFF),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    head = struct.pack("HL", len(program), ctypes.addressof(buffer))
    connection.setsockopt(socket.SOL_SOCKET, 26, head)  # SO_ATTACH_FILTER


def lossy(server_share, client_share):
    def serve(connection):
        lose(connection, server_share)
        echo_stream(connection)

    def talk(client):
        lose(client, client_share)
        exchange(client, os.urandom(150_000))

    pair(serve, talk)


def loses_data():
    lossy(0.1, 0.0)


def loses_acknowledgements():
    lossy(0.0, 0.2)


def loses_both():
    lossy(0.05, 0.05)


def many_clients():
    listener = socket.create_server((HOST, PORT), backlog=50)

    def accept():
        for _ in range(20):
            connection, _ = listener.accept()
            threading.Thread(target=echo, args=(connection,)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    clients = [socket.create_connection((HOST, PORT)) for _ in range(20)]
    for i, client in enumerate(clients):
        client.sendall(b"client %d" % i)
    for client in clients:
        client.recv(100)
        client.close()
    thread.join()
    listener.close()


def keep_alive():
    def serve(connection):
        receive_all(connection)
        connection.close()

    def talk(client):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        client.sendall(b"x")
        time.sleep(2.3)
        client.close()

    pair(serve, talk)


def connects_to_itself():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
        port = int(limits.read().split()[0])
    client = socket.socket()
    client.bind((HOST, port))
    client.connect((HOST, port))
    client.sendall(b"me")
    client.recv(10)
    client.close()


def same_port_again():
    for _ in range(3):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind((HOST, 40000))
        listener = socket.create_server((HOST, PORT))
        thread = threading.Thread(target=lambda: echo(listener.accept()[0]))
        thread.start()
        client.connect((HOST, PORT))
        client.sendall(b"again")
        client.recv(10)
        linger(client)
        client.close()
        try:
            thread.join()
        finally:
            listener.close()


def udp_echo():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, 5005))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for text in (b"hello", b"", b"x" * 1400):
        client.sendto(text, (HOST, 5005))
        data, address = server.recvfrom(2000)
        server.sendto(data.upper(), address)
        client.recv(2000)


def udp_large():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, 5005))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.sendto(b"x" * 60_000, (HOST, 5005))
    server.recv(65_536)


def udp_refused():
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((HOST, 9))
    client.send(b"anyone?")
    try:
        client.recv(10)
    except ConnectionRefusedError:
        pass


def killed_server():
    """The server process dies after it has read everything: a normal FIN."""
    listener = socket.create_server((HOST, PORT))
    child = os.fork()
    if child == 0:
        connection, _ = listener.accept()
        connection.recv(100)
        os.kill(os.getpid(), 9)
    listener.close()
    client = socket.create_connection((HOST, PORT))
    client.sendall(b"x")
    receive_all(client)
    client.close()
    os.waitpid(child, 0)


PROGRAMS = [
    client_closes,
    server_closes,
    server_closes_late,
    half_close,
    client_resets,
    server_resets,
    unread_data,
    send_after_close,
    refused,
    ipv6_echo,
    big_transfer,
    small_pieces,
    slow_reader,
    loses_data,
    loses_acknowledgements,
    loses_both,
    many_clients,
    keep_alive,
    connects_to_itself,
    same_port_again,
    udp_echo,
    udp_large,
    udp_refused,
    killed_server,
]

if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(program.__name__ for program in PROGRAMS))
    else:
        next(p for p in PROGRAMS if p.__name__ == sys.argv[1])()
