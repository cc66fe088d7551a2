import socket

clients = []

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("127.0.0.1", 65432))
s.listen()
while True:
    conn, addr = s.accept()
    clients.append(conn)
    print("Connected by", addr, "- clients so far:", len(clients))
    try:
        while True:
            data = conn.recv(1024)
            if not data:
                break
            conn.sendall(data)
    except ConnectionResetError:
        print("client went away")
