import socket

HOST = "192.168.1.50"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(b"Hello, world")
    data = b""
    while len(data) < 12:
        part = s.recv(1024)
        if not part:
            break
        data += part

print(f"Received {data!r}")
