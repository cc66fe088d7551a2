import socket
import struct


def read(conn, n):
    buf = bytearray()
    while len(buf) < n:
        part = conn.recv(n - len(buf))
        if not part:
            return None
        buf.extend(part)
    return bytes(buf)


with socket.create_server(("127.0.0.1", 10001)) as server:
    while True:
        conn, addr = server.accept()
        with conn:
            data = read(conn, 12)
            if data is None:
                print("not enough")
                continue
            a, b, c = struct.unpack("=iif", data)
            print(a, b, c)
