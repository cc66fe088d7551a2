"""Timestamp client (starter): fill in what is marked TODO."""

import socket

HOST = "localhost"
PORT = 21567
BUFFER_SIZE = 1024


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: connect to (HOST, PORT).
    while True:
        try:
            line = input("Your message, please: ")  # TODO: the handout asks for another prompt
        except EOFError:
            break
        # TODO: leave the loop on an empty line.
        # TODO: send the line with its ending, receive the answer, print it.
        print("You typed", repr(line), "but it was not sent.")
        break
    server.close()


if __name__ == "__main__":
    main()
