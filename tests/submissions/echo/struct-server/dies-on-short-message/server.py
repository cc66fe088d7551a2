import binascii
import socket
import struct

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_address = ('localhost', 10001)
sock.bind(server_address)
sock.listen(1)

unpacker = struct.Struct('=iif')

while True:
    print('waiting for a connection')
    connection, client_address = sock.accept()
    try:
        data = connection.recv(unpacker.size)
        print('received %r' % binascii.hexlify(data))
        unpacked_data = unpacker.unpack(data)
        print('unpacked:', unpacked_data)
    finally:
        connection.close()
