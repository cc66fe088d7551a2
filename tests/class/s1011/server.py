import socket

server = socket.create_server(("127.0.0.1", 65432))
while True:
    conn, addr = server.accept()
    print("from", addr)
    try:
        while True:
            data = conn.recv(1024)
            if not data:
                break
            conn.sendall(data.upper())
    except ConnectionError:
        pass
    conn.close()
