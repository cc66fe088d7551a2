import socket

s = socket.create_connection(("127.0.0.1", 65432))
s.sendall("Hello, world\n".encode())
data = b""
while len(data) < 12:
    more = s.recv(1024)
    if not more:
        break
    data = data + more
print("Received", data.decode().strip())
s.close()
