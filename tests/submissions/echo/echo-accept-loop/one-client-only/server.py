import socket
import sys

PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.bind(("", PORT))
except OSError as msg:
    print("Failed to bind: " + str(msg))
    sys.exit()
s.listen(10)
conn, addr = s.accept()
data = conn.recv(1024)
conn.sendall(data)
conn.close()
s.close()
