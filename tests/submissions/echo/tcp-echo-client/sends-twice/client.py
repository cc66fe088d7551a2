import socket

HOST, PORT = "127.0.0.1", 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    text = b"Hello, world"
    if s.send(text):
        s.sendall(text)
    data = s.recv(12)
    while len(data) < 12:
        data += s.recv(12 - len(data))
    print("Received", data)
