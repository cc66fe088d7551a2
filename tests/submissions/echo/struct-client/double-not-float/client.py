import binascii
import socket
import struct

s = socket.create_connection(("localhost", 10001))
data = struct.pack("=iid", 1, 4, 2.7)
print("sending", binascii.hexlify(data))
s.sendall(data)
s.close()
