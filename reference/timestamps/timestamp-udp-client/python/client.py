"""Timestamp client over UDP: sends each typed line as one datagram and shows the answer. Usage: client.py [HOST PORT]"""

import socket
import sys

HOST, PORT = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("localhost", 21567)
BUFFER_SIZE = 65535
PATIENCE = 2.0  # seconds to wait for an answer; a datagram may be lost


def read_line():
    """The line that the user types; empty at the end of the input, too."""
    try:
        return input("> ")
    except EOFError:
        return ""


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        while True:
            line = read_line()
            if not line:
                break
            client.sendto(line.encode(), (HOST, PORT))
            try:
                answer, _ = client.recvfrom(BUFFER_SIZE)
            except socket.timeout:
                print("no answer from the server")
            except ConnectionError:
                print("no server at port", PORT)
            else:
                print(answer.decode(errors="replace").strip())


if __name__ == "__main__":
    main()
