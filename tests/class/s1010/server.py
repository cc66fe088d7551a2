import socket

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("127.0.0.1", 65432))
s.listen()
while True:
    conn, addr = s.accept()
    print(addr)
    data = conn.recv(1024)
    if data:  # should be a loop
        conn.sendall(data)
    # waits for the client to go, whatever it says
    try:
        while conn.recv(1024):
            pass
    except ConnectionError:
        pass
    conn.close()
