# Session 1, exercise 3: client
import socket
import time

client_socket = socket.socket()
server_address = ("192.168.124.179", 8080)
message = "Hello from the client!!!"

try:
    client_socket.connect(server_address)
    print("Connected to", server_address)
    client_socket.sendall(message.encode("utf-8"))
    print("Message sent")
    client_socket.close()
except ConnectionRefusedError:
    print("The server is not running")
