import socket

server_ip = "127.0.0.1"
port = 8000

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((server_ip, port))
print(f"Waiting for datagrams on {server_ip}:{port}")

client_address = None
while True:
    request, address = server.recvfrom(1024)
    if client_address is None:
        client_address = address
    request = request.decode("utf-8")
    print(f"Received: {request}")

    if request.lower() == "close":
        server.sendto("closed".encode("utf-8"), client_address)
        break

    response = "accepted".encode("utf-8")
    server.sendto(response, client_address)

server.close()
