import socket
import threading

HOST = "0.0.0.0"
PORT = 8080


def on_new_client(clientsocket, addr):
    while True:
        try:
            data = clientsocket.recv(1024)
        except ConnectionError:
            break
        if data == b"bye":
            clientsocket.sendall(data)
            break
        clientsocket.sendall(data)
    clientsocket.close()


def main():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, PORT))
    s.listen()
    print("Server started, waiting for clients")
    while True:
        c, addr = s.accept()
        print("Got connection from", addr)
        t = threading.Thread(target=on_new_client, args=(c, addr))
        t.start()


main()
