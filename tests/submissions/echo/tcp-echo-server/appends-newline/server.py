import socket


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind(("127.0.0.1", 65432))
    sock.listen()
    conn, addr = sock.accept()
    print("connection from", addr)
    data = conn.recv(2048)
    while data:
        conn.sendall(data + b"\n")
        data = conn.recv(2048)
    conn.close()
    sock.close()


main()
