import socket

PORT = 5005
buffer = bytearray(4096)

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", PORT))
while True:
    n, addr = s.recvfrom_into(buffer)
    print(n, "bytes from", addr)
    s.sendto(buffer.rstrip(b"\0"), addr)
