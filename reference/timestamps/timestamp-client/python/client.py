"""Timestamp client: sends each typed line to the server and shows the answer. Usage: client.py [HOST PORT]"""

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


def receive_line(server):
    """Receives until the line ending of an answer; less when the server closes first."""
    answer = b""
    while not answer.endswith(b"\n"):
        data = server.recv(BUFFER_SIZE)
        if not data:
            break
        answer += data
    return answer


def main():
    try:
        server = socket.create_connection((HOST, PORT))
    except OSError as error:
        raise SystemExit(f"cannot connect to {HOST}:{PORT}: {error}")
    with server:
        while True:
            line = read_line()
            if not line:
                break
            server.sendall(line.encode() + b"\r\n")
            answer = receive_line(server)
            if not answer:
                print("the server has closed the connection")
                break
            print(answer.decode(errors="replace").strip())


if __name__ == "__main__":
    main()
