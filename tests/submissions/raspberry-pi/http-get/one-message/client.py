import socket
import sys

HOST = "www.google.com"


def get(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect((socket.gethostbyname(host), 80))
    s.sendall(b"GET / HTTP/1.1\r\nHost: www.google.com\r\nConnection: close\r\n\r\n")
    page = b""
    while len(page) < 1000:
        data = s.recv(1000 - len(page))
        if data == b"":
            break
        page += data
    s.close()
    if page == b"":
        raise OSError("empty page")
    return page


try:
    print(get(HOST).decode(errors="replace"))
except OSError:
    print("Error: cannot reach host " + HOST)
    sys.exit(1)
