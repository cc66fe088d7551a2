import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(socket.getaddrinfo("0.0.0.0", 1234)[0][4])
server.listen()
while True:
    client, who = server.accept()
    print("hello", who)
    try:
        while True:
            data = client.recv(512)
            if data == b"":
                break
            print(data)
    except ConnectionResetError:
        print("reset")
        break
    client.close()
