"""Greeting server: accepts clients one after another, greets each and closes."""

import socket

ADDRESS = ("192.168.1.36", 8081)
BACKLOG = 5
GREETING = "Hello from the teacher's server"


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO 1: bind the listener to ADDRESS (what if the port is taken?) and listen
    # TODO 2: print where it waits
    # TODO 3: for ever: accept, count and print, receive and print, greet, close
    # TODO 4: what happens at Ctrl-C?
    listener.close()


main()
