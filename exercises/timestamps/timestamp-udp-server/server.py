"""UDP timestamp server (starter): fill in what is marked TODO."""

import socket
from time import ctime

HOST = ""  # every address of this machine
PORT = 21567
BUFFER_SIZE = 1024


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # TODO: bind to (HOST, PORT).
    # TODO: in a loop, receive a datagram and send the time and the message back to its sender.
    # TODO: catch KeyboardInterrupt (Ctrl+C), say so, and leave.
    print("The time is", ctime(), "and there is still some work to do.")
    server.close()


if __name__ == "__main__":
    main()
