import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 65432))
while True:
    payload, sender = sock.recvfrom(2048)
    print(sender, payload)
