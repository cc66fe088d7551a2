import socket
import sys


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.sendto(b"Hello, world", ("localhost", 5005))
    try:
        data, _ = s.recvfrom(1024)
        print("Received", data)
    except socket.timeout:
        print("No reply")
    return 2


sys.exit(main())
