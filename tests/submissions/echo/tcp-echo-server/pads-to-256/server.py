import socket

BUFSIZE = 256

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 65432))
server.listen(1)
client, address = server.accept()
print("client:", address)
while 1:
    msg = client.recv(BUFSIZE)
    if len(msg) == 0:
        break
    # always one full block
    client.sendall(msg.ljust(BUFSIZE, b"\0"))
client.close()
server.close()
