import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 65432))
while True:
    data, addr = sock.recvfrom(1024)
    print("received message:", len(data), "bytes from", addr)
