import socket

UDP_PORT = 5005

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", UDP_PORT))
while True:
    data, addr = sock.recvfrom(1024)
    print("received message: %s" % data)
