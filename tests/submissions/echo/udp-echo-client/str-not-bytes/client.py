import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
message = "Hello, world"
s.sendto(message, ("localhost", 5005))
try:
    data, addr = s.recvfrom(1024)
    print("Received", data)
except socket.timeout:
    print("no reply")
s.close()
