import socket

PORT = 1234

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", PORT))
s.listen()
print("Server is ready on port", PORT)
while True:
    conn, addr = s.accept()
    with conn:
        try:
            conn.sendall(conn.recv(1024))
        except OSError as e:
            print(addr, e)
