import socket
import struct


def main():
    data = struct.pack("=iif", 1, 4, 2.7)
    with socket.create_connection(("localhost", 10001)) as s:
        s.sendall(data)
    print("sent", data.hex(":"))
    return len(data)


raise SystemExit(main())
