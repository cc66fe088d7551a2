"""Accepted server for many clients: a thread for each, `accepted` for each message, `closed` for the last."""

import socket
import threading

ADDRESS = ("127.0.0.1", 8000)
LONGEST_MESSAGE = 1024


def converse(client):
    """Answers messages of one client until it says close, or leaves."""
    while True:
        data = client.recv(LONGEST_MESSAGE)
        if not data:
            return
        message = data.decode(errors="replace")
        print(f"Received: {message}")
        if message.strip().lower() == "close":
            client.sendall(b"closed")
            return
        client.sendall(b"accepted")


def handle(client, address):
    """The life of one thread: everything it uses belongs to its own client."""
    with client:
        try:
            converse(client)
        except OSError as error:  # this client broke off; the other threads do not notice
            print(f"Lost {address[0]}:{address[1]}: {error}")
    print(f"Connection to {address[0]}:{address[1]} closed")


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Lets the port be bound again while old connections of it rest in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen()
        print(f"Listening on {ADDRESS[0]}:{ADDRESS[1]}")
        try:
            while True:
                client, address = listener.accept()
                print(f"Accepted connection from {address[0]}:{address[1]}")
                # A daemon thread does not keep the program alive after Ctrl-C.
                threading.Thread(target=handle, args=(client, address), daemon=True).start()
        except KeyboardInterrupt:
            print("Server stopped")


if __name__ == "__main__":
    main()
