# Connects and closes, again and again.
import socket

print("tried enough", flush=True)
for _ in range(20_000):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("192.168.1.20", 8080))
    s.close()
