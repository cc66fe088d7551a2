"""Echo server on a Unix socket (starter): fill in what is marked TODO. Usage: server.py PATH"""

import socket
import sys


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "echo.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # TODO: bind to the path (say so and end if it exists), listen, accept, echo.
    # TODO: remove the file at the end, whatever happens.
    print("Nothing listens at", path, "yet.")
    listener.close()


if __name__ == "__main__":
    main()
