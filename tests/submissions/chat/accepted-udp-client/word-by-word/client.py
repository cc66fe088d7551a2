import socket

server_ip = "127.0.0.1"
server_port = 8000

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(3)

while True:
    # input message and send it to the server
    msg = input("Enter message: ")
    for word in msg[:1024].split():
        client.sendto(word.encode("utf-8"), (server_ip, server_port))

    # receive message from the server
    try:
        response, address = client.recvfrom(1024)
    except socket.timeout:
        print("No answer")
        continue
    response = response.decode("utf-8")
    print(f"Received: {response}")
    if response == "closed":
        break

client.close()
