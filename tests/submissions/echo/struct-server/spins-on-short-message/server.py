import socket
import struct

SIZE = struct.calcsize("=iif")

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("localhost", 10001))
s.listen(5)
while True:
    conn, addr = s.accept()
    data = b""
    while len(data) < SIZE:
        data += conn.recv(SIZE - len(data))
    print("received", data.hex())
    print("unpacked", struct.unpack("=iif", data))
    conn.close()
