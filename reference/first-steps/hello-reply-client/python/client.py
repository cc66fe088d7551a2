"""Hello client with a reply: says one sentence and shows what the server answers."""

import socket
import sys

SERVER = ("192.168.124.179", 8080)
MESSAGE = "HELLO FROM THE CLIENT!!!"
LONGEST_REPLY = 2048


def receive_reply(connection):
    """Returns all bytes up to the server's FIN, at most LONGEST_REPLY of them."""
    reply = b""
    while len(reply) < LONGEST_REPLY:
        part = connection.recv(LONGEST_REPLY - len(reply))
        if not part:  # the server has closed its side: nothing more will come
            break
        reply += part
    return reply


def main():
    try:
        with socket.create_connection(SERVER) as connection:
            connection.sendall(MESSAGE.encode())
            reply = receive_reply(connection)
    except OSError as error:
        sys.exit(f"cannot talk to {SERVER[0]} port {SERVER[1]}: {error}")
    # Bytes that are no UTF-8 show as a replacement character instead of ending the program.
    print("MESSAGE FROM THE SERVER:", reply.decode(errors="replace"))


if __name__ == "__main__":
    main()
