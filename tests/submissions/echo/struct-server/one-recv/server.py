import socket
import struct

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("localhost", 10001))
s.listen(5)
while True:
    conn, addr = s.accept()
    data = conn.recv(1024)
    print("received", data.hex(":"))
    if len(data) != 12:
        print("wrong length:", len(data))
    else:
        print("unpacked", struct.unpack("=iif", data))
    conn.close()
