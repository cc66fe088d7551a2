import binascii
import socket
import struct

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(("localhost", 10001))

values = (1, 4, 2.7)
packer = struct.Struct("!iif")
packed_data = packer.pack(*values)
print("values =", values)
print("sending %r" % binascii.hexlify(packed_data))
sock.sendall(packed_data)
sock.close()
