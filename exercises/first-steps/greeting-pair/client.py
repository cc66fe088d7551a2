"""The client of the pair: says hello and shows the answer."""

import socket

SERVER = ("192.168.1.36", 8081)
MESSAGE = "HELLO FROM THE CLIENT!!!"


def main():
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # TODO: take your hello client with a reply, and let it call your own server
    connection.close()


main()
