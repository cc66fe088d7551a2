# A length that is a lie, NULs, and bytes that are no text.
import socket

print("tried enough", flush=True)
with socket.create_connection(("192.168.1.20", 8080)) as s:
    s.sendall(b"\xff\xff\xff\xff" + bytes(1000) + b"\xc3\x28\xed\xa0\x80\xf8\x88\x80\x80\x80" + b"${token}%s%n\r\r\n")
    s.recv(100)
