import socket

with socket.socket() as sock:
    sock.connect(("127.0.0.1", 65432))
    data = sock.recv(1024)
    sock.sendall(b"Hello, world")
    print("Received", data)
