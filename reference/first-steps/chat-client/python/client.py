"""Chat client: asks for messages and delivers each of them over a connection of its own."""

import socket

SERVER = ("192.168.124.179", 8080)


def deliver(message):
    """Connects, sends one message, closes."""
    with socket.create_connection(SERVER) as connection:
        connection.sendall(message.encode())


def main():
    while True:
        try:
            message = input("Message: ")
        except EOFError:  # Ctrl-D: the user has nothing more to say
            print()
            break
        if not message:
            continue
        try:
            deliver(message)
        except OSError as error:
            print(f"not delivered to {SERVER[0]} port {SERVER[1]}: {error}")


if __name__ == "__main__":
    main()
