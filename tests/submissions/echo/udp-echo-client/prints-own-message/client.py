import socket

HOST = "localhost"
PORT = 5005
message = b"Hello, world"

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(message, (HOST, PORT))
try:
    data, server = s.recvfrom(4096)
    print("Received", message)
except TimeoutError:
    print("No reply")
s.close()
