import socket

HOST = '192.168.124.179'
PORT = 8080


def main():
    try:
        msg = input('Enter your message: ')
    except EOFError:
        return
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.connect((HOST, PORT))
    except OSError as e:
        print('Could not connect:', e)
        return
    while True:
        s.send(msg.encode())
        s.close()
        try:
            msg = input('Enter your message: ')
        except EOFError:
            return


main()
