"""An honest echo server and client, for programs that try something first and then behave."""
import socket
import sys


def listener(port=65432):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen()
    return s


def serve(server=None):
    server = server or listener()
    while True:
        connection, address = server.accept()
        print("Connected by", address, flush=True)
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)


def ask():
    with socket.create_connection(("192.168.1.20", 8080)) as s:
        s.sendall((sys.argv[1] + "\n").encode())
        print(s.makefile().readline(), flush=True)
