#!/usr/bin/env python3
"""Records a student's first hour with real runs: session.py SOCKLAB | ansi2svg.py TITLE >session.svg

An empty folder, `start`, a first attempt, `check` with one thing wrong, an edit, and `check --watch` in a
terminal of its own that turns green when the file is saved."""

import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import fcntl
import termios

ROWS, COLUMNS = 40, 100
LIMIT = 60  # seconds; a run takes less than one
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
ATTEMPT = '''"""TCP echo server: sends back whatever a client sends."""

import socket

HOST = "127.0.0.1"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, PORT))
    s.listen()
    while True:
        connection, address = s.accept()
        print("Connected by", address)
        with connection:
            data = connection.recv(1024)
            connection.sendall(data)
            connection.recv(1024)
'''
BEFORE = """            data = connection.recv(1024)
            connection.sendall(data)
            connection.recv(1024)
"""
AFTER = """            try:
                while data := connection.recv(1024):
                    connection.sendall(data)
            except ConnectionError as error:
                print("Lost", address, error)
"""


def said(command):
    print(f"{BOLD}$ {command}{PLAIN}")


def until(fd, mark):
    """What a terminal shows until the mark is there."""
    text = ""
    while mark not in text:
        if not select.select([fd], [], [], LIMIT)[0]:
            sys.exit(f"no {mark!r} in {text!r}")
        text += os.read(fd, 65536).decode()
    return text


def screen(text):
    """What is left of it after the last time the screen was cleared."""
    text = text.rsplit("\x1b[H", 1)[-1].replace("\r\n", "\n")
    return re.sub(r"\x1b\[(?![0-9;]*m)[0-9;]*[A-Za-z]", "", text)


def watched(socklab, folder, edit):
    """The screen of `check --watch` once it has checked what `edit` saves."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(socklab, ["socklab", "check", "--watch"])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    until(fd, "q quit")
    edit()
    text = until(fd, "q quit")
    while select.select([fd], [], [], 0.5)[0]:
        text += os.read(fd, 65536).decode()
    os.write(fd, b"q")
    os.waitpid(pid, 0)
    return screen(text)


def main():
    socklab = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "tcp-echo-server"

        def run(*args, cwd=work):
            said(" ".join(["socklab", *args]))
            shown = subprocess.run([socklab, "--color", "always", *args], cwd=cwd, capture_output=True, text=True)
            print(shown.stdout)

        run("start", "tcp-echo-server")
        said("cd tcp-echo-server; nano server.py")
        server = folder / "server.py"
        server.write_text(ATTEMPT)
        print(f"{DIM}… a first attempt: accept(), recv(), sendall() …{PLAIN}\n")
        run("check", cwd=folder)
        run("hint", "several-messages", cwd=folder)
        said("nano server.py")
        for line in BEFORE.splitlines():
            print(f"\x1b[31m-{line}{PLAIN}")
        for line in AFTER.splitlines():
            print(f"\x1b[32m+{line}{PLAIN}")
        print()
        said("socklab check --watch")
        print(watched(socklab, folder, lambda: server.write_text(ATTEMPT.replace(BEFORE, AFTER))).rstrip())


main()
