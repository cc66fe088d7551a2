import socket
from time import ctime

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 21567))
s.listen(1)
try:
    conn, addr = s.accept()
    while True:
        data = conn.recv(1024)
        if not data:
            break
        conn.sendall(f"[{ctime()}] ".encode() + data)
    conn.close()
except KeyboardInterrupt:
    print("You pressed Ctrl+C...exiting")
s.close()
