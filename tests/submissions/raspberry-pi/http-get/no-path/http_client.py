import socket
import sys

host = "www.google.com"

try:
    remote_ip = socket.gethostbyname(host)
except socket.gaierror:
    print("Failed to get host " + host)
    sys.exit(1)

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect((remote_ip, 80))
except socket.error as e:
    print("Failed to connect:", e)
    sys.exit(1)
print("Connected to", remote_ip)

message = "GET HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"
s.sendall(message.encode())
reply = b""
try:
    while len(reply) < 1000:
        part = s.recv(1000)
        if not part:
            break
        reply += part
except socket.error as e:
    print("Failed to receive:", e)
if reply == b"":
    print("The server sent nothing")
    sys.exit(1)
print(reply[:1000].decode("utf-8", "replace"))
s.close()
