import socket

with socket.create_server(("127.0.0.1", 65432)) as server:
    conn, _ = server.accept()
    with conn:
        while data := conn.recv(65536):
            conn.sendall(data)
