import socket

server = socket.create_server(("127.0.0.1", 65432))
while True:
    conn, addr = server.accept()
    print("from", addr)
    try:
        data = conn.recv(1024)
        conn.sendall(data)
    except ConnectionError:
        pass
    conn.close()
