import socket
import struct

unpacker = struct.Struct("=iif")

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.bind(("localhost", 10001))
sock.listen(5)
while True:
    connection, client_address = sock.accept()
    data = b""
    while len(data) < 12:
        chunk = connection.recv(12 - len(data))
        if not chunk:
            break
        data += chunk
    print("received", data)
    try:
        print("unpacked:", unpacker.unpack(data))
    except struct.error as e:
        print(e)
    connection.close()
