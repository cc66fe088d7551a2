import socket

server_ip = "127.0.0.1"
port = 8080

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((server_ip, port))
print(f"Waiting for datagrams on {server_ip}:{port}")

while True:
    request, client_address = server.recvfrom(1024)
    request = request.decode("utf-8")
    print(f"Received: {request}")

    if request.lower() == "close":
        server.sendto("closed".encode("utf-8"), client_address)
        break

    response = "accepted".encode("utf-8")
    server.sendto(response, client_address)

server.close()
