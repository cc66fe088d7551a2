"""Hello client: connects to the teacher's server, says one sentence, closes."""

import socket

SERVER = ("192.168.124.179", 8080)
MESSAGE = "HELLO FROM THE CLIENT!!!"


def main():
    # TODO 1: make a TCP socket
    # TODO 2: connect it to SERVER
    # TODO 3: send MESSAGE (as bytes!)
    # TODO 4: close the socket
    print("nothing done yet")


main()
