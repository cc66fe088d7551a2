import socket

HOST = "127.0.0.1"
PORT = 65432
message = "Hello, world"

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(message.encode())
    data = b""
    while len(data) < len(message):
        chunk = s.recv(1024)
        if not chunk:
            break
        data += chunk

print("Received", message)
