import socket

HOST = "127.0.0.1"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    msg = b"Hello World!"
    s.sendall(msg)
    got = 0
    answer = []
    while got < len(msg):
        part = s.recv(1024)
        if not part:
            break
        got += len(part)
        answer.append(part)
print(f"Received {b''.join(answer)!r}")
