import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("", 1234))
except OSError as e:
    sys.exit("Failed to bind: %s" % e)
s.listen(5)
while True:
    conn, addr = s.accept()
    try:
        data = conn.recv(1024)
        if not data:
            break
        conn.sendall(data)
    except ConnectionError as e:
        print(e)
    finally:
        conn.close()
s.close()
