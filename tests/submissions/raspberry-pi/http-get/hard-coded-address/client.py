"""Asks a web server for its first page and shows the beginning of the answer."""

import socket
import sys

HOST = "www.google.com"
PORT = 80
MOST = 1000  # bytes of the answer to show
PATIENCE = 10.0  # seconds without anything from the server


def fail(message):
    print(message)
    sys.exit(1)


def receive(server):
    """At most MOST bytes of the answer; fewer when the server closes before."""
    answer = b""
    while len(answer) < MOST:
        data = server.recv(MOST - len(answer))
        if not data:
            break
        answer += data
    return answer


def main():
    address = "142.250.184.196"

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.settimeout(PATIENCE)
        try:
            server.connect((address, PORT))
        except OSError as error:
            fail(f"Failed to connect to {address}:{PORT}: {error}")
        # "Connection: close" makes the server close when its answer is complete.
        request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        try:
            server.sendall(request.encode())
            answer = receive(server)
        except OSError as error:
            fail(f"Failed to get an answer from {HOST}: {error}")
        if not answer:
            fail(f"{HOST} closed the connection without an answer")
        print(answer.decode(errors="replace"))


if __name__ == "__main__":
    main()
