import socket

s = socket.create_server(("127.0.0.1", 65432))
while True:
    conn, addr = s.accept()
    print(addr)
    try:
        while True:
            conn.sendall(b"hello! " * 10000)  # never reads
    except ConnectionError:
        conn.close()
