import binascii
import socket
import struct

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.bind(("localhost", 10001))
packed = struct.pack("=iif", 1, 4, 2.7)
print("sending", binascii.hexlify(packed))
sock.sendall(packed)
sock.close()
