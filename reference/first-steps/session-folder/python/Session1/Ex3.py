"""Hello client: connects to the teacher's server, says one sentence and closes."""

import socket
import sys

SERVER = ("192.168.124.179", 8080)
MESSAGE = "HELLO FROM THE CLIENT!!!"


def main():
    try:
        # The block closes the socket at its end, whatever happens inside.
        with socket.create_connection(SERVER) as connection:
            # sendall() goes on until every byte is handed over; send() may take only a part.
            connection.sendall(MESSAGE.encode())
    except OSError as error:
        sys.exit(f"cannot talk to {SERVER[0]} port {SERVER[1]}: {error}")
    print("message sent")


if __name__ == "__main__":
    main()
