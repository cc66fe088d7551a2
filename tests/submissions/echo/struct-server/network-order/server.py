import binascii
import socket
import struct

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("localhost", 10001))
s.listen()
fmt = "!iif"
while True:
    conn, addr = s.accept()
    with conn:
        data = conn.recv(struct.calcsize(fmt), socket.MSG_WAITALL)
        print("received", binascii.hexlify(data).decode())
        if len(data) < struct.calcsize(fmt):
            continue
        print("unpacked", struct.unpack(fmt, data))
