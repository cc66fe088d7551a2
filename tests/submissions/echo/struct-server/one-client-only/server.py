import socket
import struct

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("localhost", 10001))
s.listen(1)
conn, addr = s.accept()
data = b""
while len(data) < 12:
    part = conn.recv(12 - len(data))
    if not part:
        break
    data += part
print("hex:", data.hex())
if len(data) == 12:
    print("tuple:", struct.unpack("=iif", data))
conn.close()
s.close()
