"""Timestamp server (starter): fill in what is marked TODO."""

import socket
from time import ctime

HOST = ""  # every address of this machine
PORT = 21567
BUFFER_SIZE = 1024


def answer_to(data):
    """The bytes to send back for a message."""
    # TODO: put the time in square brackets and a space in front of the message.
    return data


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: bind to (HOST, PORT) and listen.
    # TODO: accept clients in a loop; answer each message of a client until it closes.
    # TODO: catch KeyboardInterrupt (Ctrl+C), say so, and leave.
    print("The time is", ctime(), "and there is still some work to do.")
    listener.close()


if __name__ == "__main__":
    main()
