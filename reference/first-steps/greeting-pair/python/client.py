"""Hello client of the pair. Usage: client.py [ADDRESS PORT]"""

import socket
import sys

SERVER = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else ("192.168.1.36", 8081)
MESSAGE = b"HELLO FROM THE CLIENT!!!"
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
            connection.sendall(MESSAGE)
            reply = receive_reply(connection)
    except OSError as error:
        sys.exit(f"cannot talk to {SERVER[0]} port {SERVER[1]}: {error}")
    print("MESSAGE FROM THE SERVER:", reply.decode(errors="replace"))


if __name__ == "__main__":
    main()
