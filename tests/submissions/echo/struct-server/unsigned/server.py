import binascii
import socket
import struct

unpacker = struct.Struct("=IIf")

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("localhost", 10001))
sock.listen(1)

while True:
    print("\nwaiting for a connection")
    connection, client_address = sock.accept()
    try:
        data = b""
        while len(data) < unpacker.size:
            more = connection.recv(unpacker.size - len(data))
            if not more:
                break
            data += more
        print("received %r" % binascii.hexlify(data))
        print("unpacked:", unpacker.unpack(data))
    except struct.error:
        print("too short")
    finally:
        connection.close()
