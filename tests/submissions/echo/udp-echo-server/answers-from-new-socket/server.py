import socket


def answer(data, addr):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.sendto(data, addr)
    out.close()


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
while True:
    data, addr = s.recvfrom(1500)
    answer(data, addr)
