import socket

with socket.socket() as s:
    s.bind(("127.0.0.1", 54321))  # digits the wrong way round
    s.listen()
    while True:
        conn, addr = s.accept()
        print("Connected by", addr)
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError as e:
                print(e)
