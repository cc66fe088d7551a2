from socket import *
import time

sock = socket(AF_INET, SOCK_STREAM)
sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
sock.bind(('', 21567))
sock.listen(5)

try:
    while True:
        print('waiting...')
        conn, addr = sock.accept()
        print('client', addr)
        try:
            while True:
                data = conn.recv(2048)
                if not data:
                    break
                reply = '[' + time.ctime() + '] ' + data.decode().strip()
                conn.send(reply.encode())
        except ConnectionError:
            print('client is gone')
        conn.close()
except KeyboardInterrupt:
    print('Ctrl+C was pressed, bye')
    sock.close()
