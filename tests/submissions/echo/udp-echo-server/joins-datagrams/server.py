import select
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))

while True:
    data, addr = s.recvfrom(2048)
    # is there more?
    while select.select([s], [], [], 0)[0]:
        more, again = s.recvfrom(2048)
        if again != addr:
            s.sendto(more, again)
        else:
            data += more
    s.sendto(data, addr)
