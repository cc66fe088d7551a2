import socket

HOST, PORT = "localhost", 21567

while True:
    data = input("> ")
    if not data:
        break
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.connect((HOST, PORT))
    except ConnectionRefusedError:
        print("The server is not running")
        break
    sock.send((data + "\n").encode())
    answer = sock.recv(1024)
    if not answer:
        break
    print("sent:", data)
    sock.close()
