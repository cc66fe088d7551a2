import socket

HOST = "127.0.0.1"
PORT = 6543

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
