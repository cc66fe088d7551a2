"""Hello client with a reply: says one sentence and shows the answer."""

import socket

SERVER = ("192.168.124.179", 8080)
MESSAGE = "HELLO FROM THE CLIENT!!!"


def main():
    # TODO 1: make a TCP socket and connect it to SERVER
    # TODO 2: send MESSAGE (as bytes)
    # TODO 3: receive up to 2048 bytes
    reply = ""
    print("MESSAGE FROM THE SERVER:", reply)
    # TODO 4: close the socket


main()
