import binascii
import socket
import struct

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(("localhost", 10001))
for fmt in ("<if", ">if"):
    packed = struct.pack(fmt, 1, 2.7)
    print(fmt, binascii.hexlify(packed))
    sock.sendall(binascii.hexlify(packed))
sock.close()
