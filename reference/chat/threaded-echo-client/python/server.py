"""Threaded echo server: a thread for each client, an echo for each message, until it says bye. Usage: server.py [ADDRESS PORT]"""

import socket
import sys
import threading

ADDRESS = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("0.0.0.0", 8080)
LONGEST_MESSAGE = 1024


def echo(client):
    """Sends messages of one client back until it says bye, or leaves."""
    while True:
        message = client.recv(LONGEST_MESSAGE)
        if not message or message.strip() == b"bye":
            return
        client.sendall(message)


def handle(client, address):
    """The life of one thread: everything it uses belongs to its own client."""
    with client:  # closes the socket on every way out
        try:
            echo(client)
        except OSError as error:  # this client broke off; the other threads do not notice
            print(f"Lost {address[0]}:{address[1]}: {error}")
    print(f"Bye, {address[0]}:{address[1]}")


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Lets the port be bound again while old connections of it rest in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen()
        print(f"Listening on port {ADDRESS[1]}")
        try:
            while True:
                client, address = listener.accept()
                print(f"Hello, {address[0]}:{address[1]}")
                # A daemon thread does not keep the program alive after Ctrl-C.
                threading.Thread(target=handle, args=(client, address), daemon=True).start()
        except KeyboardInterrupt:
            print("Server stopped")


if __name__ == "__main__":
    main()
