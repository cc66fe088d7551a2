"""Asks a web server for its first page (starter): fill in what is marked TODO."""

import socket

HOST = "www.google.com"
PORT = 80
MOST = 1000  # bytes of the answer to show


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: look up HOST (what if there is no such host?).
    # TODO: connect to its port 80 (what if nobody listens?).
    # TODO: send the request, receive at most MOST bytes (what if there are none?), print them.
    print("This program knows", HOST, PORT, MOST, "and does nothing with it yet.")
    server.close()


if __name__ == "__main__":
    main()
