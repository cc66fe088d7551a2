"""Accepted client: sends what the user types, shows the answers, ends at `closed`. Usage: client.py [ADDRESS PORT]"""

import socket
import sys

SERVER = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 8000)
LONGEST_MESSAGE = 1024


def converse(connection):
    """Sends lines and shows answers until the server answers `closed`, or leaves."""
    while True:
        line = input("Enter a message: ")
        if not line:  # nothing would be sent, so nothing would be answered
            continue
        connection.sendall(line.encode()[:LONGEST_MESSAGE])
        answer = connection.recv(LONGEST_MESSAGE).decode(errors="replace")
        if not answer:
            print("The server has left")
            return
        print(f"Received: {answer}")
        if answer == "closed":
            return


def main():
    try:
        with socket.create_connection(SERVER) as connection:
            converse(connection)
    except OSError as error:
        sys.exit(f"cannot talk to {SERVER[0]} port {SERVER[1]}: {error}")
    except EOFError:  # Ctrl-D at the prompt
        print()


if __name__ == "__main__":
    main()
