"""Client of the request-handler server (starter): fill in what is marked TODO."""

import socket

HOST = "localhost"
PORT = 21567
BUFFER_SIZE = 1024


def ask(line):
    """Sends one line on a connection of its own; returns the server's answer."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: connect to (HOST, PORT), send the line with its ending, receive the answer.
    server.close()
    return "(nothing was sent: " + line + ")"


def main():
    while True:
        try:
            line = input("Your message, please: ")  # TODO: the handout asks for another prompt
        except EOFError:
            break
        # TODO: leave the loop on an empty line.
        print(ask(line))
        break


if __name__ == "__main__":
    main()
