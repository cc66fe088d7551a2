import socket
import sys

HOST = "www.google.com"

try:
    address = (socket.gethostbyname(HOST), 80)
except OSError:
    sys.exit("cannot find the host " + HOST)
try:
    conn = socket.create_connection(address)
except OSError as problem:
    sys.exit("cannot connect: %s" % problem)
conn.sendall(b"GET / HTTP/1.1\r\nHost: www.google.com\r\nConnection: close\r\n\r\n")
page = b""
while b"\r\n\r\n" not in page:
    page += conn.recv(1000)
while len(page) < 1000:
    more = conn.recv(1000 - len(page))
    if not more:
        break
    page += more
print(page[:1000].decode(errors="replace"))
conn.close()
