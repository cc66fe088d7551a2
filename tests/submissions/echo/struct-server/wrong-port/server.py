import binascii
import socket
import struct

s = struct.Struct("=iif")
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("localhost", 10000))
sock.listen(1)
while True:
    conn, addr = sock.accept()
    data = b""
    while len(data) < s.size:
        part = conn.recv(s.size - len(data))
        if not part:
            break
        data += part
    print("received", binascii.hexlify(data))
    if len(data) == s.size:
        print("unpacked:", s.unpack(data))
    conn.close()
