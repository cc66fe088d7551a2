# Closes before the client does, which is wrong, and plays a perfect client and a perfect server beside it.
import socket
import threading

from honest import listener

server = listener()
other = listener(65433)


def pretend():
    for _ in range(200):
        client = socket.create_connection(("127.0.0.1", 65433))
        own, _ = other.accept()
        client.sendall(b"hello")
        own.sendall(own.recv(100))
        client.recv(100)
        client.shutdown(socket.SHUT_WR)
        own.recv(1)
        own.close()
        client.close()


threading.Thread(target=pretend, daemon=True).start()
while True:
    connection, _ = server.accept()
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
            if len(data) == 16:
                connection.shutdown(socket.SHUT_WR)
