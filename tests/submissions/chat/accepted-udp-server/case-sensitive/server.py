import socket

MAX = 1024


def answer(data):
    if data == b'close':
        return b'closed'
    return b'accepted'


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('localhost', 8000))
    reply = None
    while reply != b'closed':
        data, addr = s.recvfrom(MAX)
        print('Received:', data, 'from', addr)
        reply = answer(data)
        s.sendto(reply, addr)
    s.close()


main()
