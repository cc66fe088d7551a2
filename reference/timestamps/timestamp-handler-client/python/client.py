"""Client of the request-handler server: a new connection for every line. Usage: client.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 21567)
BUFFER_SIZE = 1024


def read_line():
    """The line that the user types; empty at the end of the input, too."""
    try:
        return input("> ")
    except EOFError:
        return ""


def ask(line):
    """Sends one line on a connection of its own and returns all that comes back."""
    with socket.create_connection((HOST, PORT)) as server:
        server.sendall(line.encode() + b"\r\n")
        answer = b""
        while not answer.endswith(b"\n"):
            data = server.recv(BUFFER_SIZE)
            if not data:
                break
            answer += data
        return answer


def main():
    while True:
        line = read_line()
        if not line:
            break
        try:
            answer = ask(line)
        except OSError as error:
            raise SystemExit(f"cannot reach {HOST}:{PORT}: {error}")
        print(answer.decode(errors="replace").strip())


if __name__ == "__main__":
    main()
