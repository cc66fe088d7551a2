import socket, time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 21567))
while 1:
    data, addr = server.recvfrom(4096)
    server.sendto(b"[%s] %s" % (time.ctime().encode(), data), addr)
