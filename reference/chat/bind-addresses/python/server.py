"""A server that is bound to the address and port given as arguments. Usage: server.py ADDRESS PORT"""

import socket
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: server.py ADDRESS PORT")
    address, port = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Lets the port be bound again while old connections of it rest in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            sys.exit(f"cannot bind {address} port {port}: {error}")
        listener.listen()
        print(f"Listening at {address} port {port}")
        try:
            while True:
                client, caller = listener.accept()
                with client:
                    # The address that was dialled; it tells which of ours was used.
                    print(f"{caller[0]}:{caller[1]} has reached us at {client.getsockname()[0]}")
        except KeyboardInterrupt:
            print("Server stopped")


if __name__ == "__main__":
    main()
