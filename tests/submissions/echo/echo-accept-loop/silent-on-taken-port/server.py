import socket
import sys

server = socket.socket()
try:
    server.bind(("", 1234))
except OSError:
    sys.exit(1)
server.listen()
print("ready")
while True:
    client, _ = server.accept()
    try:
        while True:
            data = client.recv(1024)
            if not data:
                break
            client.sendall(data)
    except OSError:
        pass
    client.close()
