import socket

port = 1234
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
while True:
    try:
        s.bind(("", port))
        break
    except OSError:
        print("Failed to bind to", port)
        port += 1
s.listen(5)
print("Using port", port)
while True:
    conn, addr = s.accept()
    try:
        conn.sendall(conn.recv(1024))
    except OSError as e:
        print(e)
    conn.close()
