import socket
import struct

packed = struct.pack("=iif", 1, 4, 2.7)
print("hex:", packed.hex(" "))

with socket.socket() as s:
    s.connect(("localhost", 10001))
    s.sendall(str(packed).encode())
