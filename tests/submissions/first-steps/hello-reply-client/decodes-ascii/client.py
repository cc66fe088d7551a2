# Exercise 4: the client prints the answer of the server
import socket
import sys


def receive_all(sock):
    chunks = []
    while True:
        chunk = sock.recv(2048)
        if chunk == b"":
            break
        chunks.append(chunk)
    return b"".join(chunks)


client = socket.socket()
message = "HELLO FROM THE CLIENT!!!"

try:
    client.connect(("192.168.124.179", 8080))
except OSError as err:
    sys.exit("connection failed: " + str(err))

client.sendall(message.encode())
answer = receive_all(client)
print("MESSAGE FROM THE SERVER:")
print(answer.decode("ascii"))
client.close()
