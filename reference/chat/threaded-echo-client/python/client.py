"""Threaded echo client: says hello, then sends what the user types, until that is `end`. Usage: client.py [ADDRESS PORT]"""

import socket
import sys

SERVER = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 8080)
LONGEST_MESSAGE = 1024


def converse(connection):
    """Sends messages and shows the answers until the user types `end`, or the server leaves."""
    message = "Hello from the client"
    while True:
        connection.sendall(message.encode())
        if message == "end":
            return
        answer = connection.recv(LONGEST_MESSAGE)
        if not answer:
            print("The server has left")
            return
        print("From the server:", answer.decode(errors="replace"))
        message = ""
        while not message:  # an empty message would send nothing, so nothing would be answered
            message = input("Message: ")


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
