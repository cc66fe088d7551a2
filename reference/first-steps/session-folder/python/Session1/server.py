"""Greeting server: serves clients one after another, greets each and closes; Ctrl-C stops it."""

import socket
import sys

ADDRESS = ("192.168.1.36", 8081)
BACKLOG = 5
GREETING = b"Hello from the teacher's server"


def open_listener():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Lets the port be bound again while old connections of it rest in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(ADDRESS)
    except OSError as error:
        sys.exit(f"cannot use port {ADDRESS[1]} at {ADDRESS[0]}: {error}")
    listener.listen(BACKLOG)
    return listener


def serve(client):
    """Shows what one client says and greets it."""
    message = client.recv(2048)
    print("Message:", message.decode(errors="replace"))
    client.sendall(GREETING)


def main():
    with open_listener() as listener:
        print(f"Waiting at {ADDRESS[0]} port {ADDRESS[1]}")
        connections = 0
        try:
            while True:
                client, address = listener.accept()
                connections += 1
                print(f"CONNECTION: {connections}. From {address}")
                with client:
                    try:
                        serve(client)
                    except OSError as error:  # the client broke off; the next one is welcome
                        print("client lost:", error)
        except KeyboardInterrupt:
            print("Server stopped by the user")


if __name__ == "__main__":
    main()
