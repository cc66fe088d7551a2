import socket
import time

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    sock.sendto(b"Hello, world", ("localhost", 5005))
    print("sent")
    time.sleep(1)
