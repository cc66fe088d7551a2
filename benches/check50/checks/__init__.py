"""Eight checks of an echo server as check50 would have them. All use the port in the handout, so each waits for the one
before it."""

import os
import random
import socket
import struct
import time

import check50

PORT = 65432


def served():
    """The server and a client that is connected to it."""
    server = check50.run("python3 -u server.py")
    until = time.monotonic() + 5
    while True:
        client = socket.socket()
        client.settimeout(5)
        try:
            client.connect(("127.0.0.1", PORT))
            return server, client
        except ConnectionRefusedError:
            client.close()
            if time.monotonic() > until:
                raise check50.Failure(f"nobody listens on port {PORT}")
            time.sleep(0.005)


def again():
    client = socket.create_connection(("127.0.0.1", PORT), 5)
    return client


def receive(client, size):
    data = b""
    while len(data) < size:
        try:
            piece = client.recv(65536)
        except OSError as error:
            raise check50.Failure(f"no answer: {error}")
        if not piece:
            raise check50.Failure("the server closed the connection")
        data += piece
    return data


def echo(client, data):
    client.sendall(data)
    if receive(client, len(data)) != data:
        raise check50.Failure("the answer differs")


def silent(client):
    client.settimeout(0.2)
    try:
        data = client.recv(1)
    except TimeoutError:
        client.settimeout(5)
        return
    raise check50.Failure(f"the server says {data!r}")


def stop(server, client):
    client.close()
    server.kill()


@check50.check()
def listens():
    """listens on port 65432"""
    stop(*served())


@check50.check(listens)
def silent_first():
    """says nothing before the client does"""
    server, client = served()
    silent(client)
    stop(server, client)


@check50.check(silent_first)
def echoes():
    """sends back exactly the bytes it received"""
    server, client = served()
    echo(client, os.urandom(20).hex().encode())
    silent(client)
    stop(server, client)


@check50.check(echoes)
def binary():
    """echoes all byte values"""
    server, client = served()
    echo(client, bytes(range(256)))
    silent(client)
    stop(server, client)


@check50.check(binary)
def several():
    """answers every message"""
    server, client = served()
    for size in (12, 1, 150):
        echo(client, os.urandom(size).hex().encode())
    stop(server, client)


@check50.check(several)
def stream():
    """echoes 200 kB"""
    import threading

    server, client = served()
    data = bytes(random.choices(range(32, 127), k=200_000))
    sender = threading.Thread(target=client.sendall, args=(data,))
    sender.start()
    answer = receive(client, len(data))
    sender.join()
    if answer != data:
        raise check50.Failure("the answer differs")
    stop(server, client)


@check50.check(stream)
def closes():
    """closes its side once the client has closed"""
    server, client = served()
    echo(client, b"x" * 16)
    client.shutdown(socket.SHUT_WR)
    if client.recv(1):
        raise check50.Failure("the server goes on talking")
    stop(server, client)


@check50.check(closes)
def survives():
    """survives a client that resets its connection"""
    server, client = served()
    echo(client, b"x" * 16)
    client.close()
    mallory = again()
    echo(mallory, b"y" * 16)
    mallory.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    mallory.close()
    bob = again()
    echo(bob, b"z" * 16)
    stop(server, bob)
