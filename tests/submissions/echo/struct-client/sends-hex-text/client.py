import binascii
import socket
import struct

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(('localhost', 10001))
packed = struct.pack('=iif', 1, 4, 2.7)
message = binascii.hexlify(packed)
print('sending', message)
sock.sendall(message)
sock.close()
