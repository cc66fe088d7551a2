"""A small netcat that listens: shows what its one client sends. Usage: server.py [PORT]"""

import socket
import sys

PORT = int(sys.argv[1]) if len(sys.argv) == 2 else 1234


def listen(port):
    """Listens at the first address that getaddrinfo() names for a passive socket."""
    problem = None
    candidates = socket.getaddrinfo(
        None, port, family=socket.AF_INET, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    for family, kind, protocol, _, address in candidates:
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
            return listener
        except OSError as error:
            problem = error
            listener.close()
    sys.exit(f"cannot listen on port {port}: {problem}")


def main():
    with listen(PORT) as listener:
        client, address = listener.accept()
        with client:
            print("connected from", address)
            try:
                while True:
                    data = client.recv(1024)
                    if not data:
                        break
                    print(data)
            except ConnectionError as error:
                print("client lost:", error)


if __name__ == "__main__":
    main()
