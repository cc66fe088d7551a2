import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", 5005))
while True:
    data, (ip, port) = sock.recvfrom(2048)
    print("message from", ip, port)
    sock.sendto(data, (ip, 5006))
