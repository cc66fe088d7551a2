import socket

HOST = "127.0.0.1"
PORT = 65432
MESSAGE = b"Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(MESSAGE)
    echo = b""
    while len(echo) < len(MESSAGE):
        piece = s.recv(1024)
        if not piece:
            break
        echo += piece
    print(echo.decode())
