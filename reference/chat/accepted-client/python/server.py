"""Accepted server: one client, `accepted` for each message, `closed` for the last. Usage: server.py [ADDRESS PORT]"""

import socket
import sys

ADDRESS = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("127.0.0.1", 8000)
LONGEST_MESSAGE = 1024


def converse(client):
    """Answers messages until the client says close, or leaves."""
    while True:
        data = client.recv(LONGEST_MESSAGE)
        if not data:
            print("The client has left")
            return
        message = data.decode(errors="replace")
        print(f"Received: {message}")
        if message.strip().lower() == "close":
            client.sendall(b"closed")
            return
        client.sendall(b"accepted")


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Lets the port be bound again while the last connection rests in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen(1)
        print(f"Listening on {ADDRESS[0]}:{ADDRESS[1]}")
        client, address = listener.accept()
        with client:
            print(f"Accepted connection from {address[0]}:{address[1]}")
            converse(client)
    print("Connection closed")


if __name__ == "__main__":
    main()
