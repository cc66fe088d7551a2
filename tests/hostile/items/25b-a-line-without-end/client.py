# A line of many megabytes.
import socket

print("tried enough", flush=True)
with socket.create_connection(("192.168.1.20", 8080)) as s:
    for _ in range(64):
        s.sendall(b"a" * (1 << 20))
    s.recv(100)
