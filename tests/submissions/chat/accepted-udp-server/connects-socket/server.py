import socket

MAX = 1024


def answer(data):
    if data.upper() == b'CLOSE':
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
        s.connect(addr)
        s.send(reply)
    s.close()


main()
