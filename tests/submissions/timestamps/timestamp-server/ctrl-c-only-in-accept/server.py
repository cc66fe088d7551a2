import socket
import sys
import time

PORT = 21567

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", PORT))
server.listen()
while True:
    try:
        client, where = server.accept()
    except KeyboardInterrupt:
        print("You pressed Ctrl+C")
        server.close()
        sys.exit(0)
    print("new client", where)
    while True:
        try:
            message = client.recv(1024)
        except ConnectionResetError:
            break
        if message == b"":
            break
        client.sendall(b"[" + time.ctime().encode() + b"] " + message)
    client.close()
