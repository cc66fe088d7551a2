# Server of session 2
import socket

IP = "192.168.1.36"
PORT = 8081
MAX_OPEN_REQUESTS = 5

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

number_con = 0
connections = []
try:
    server_socket.bind((IP, PORT))
    server_socket.listen(MAX_OPEN_REQUESTS)
    print("Waiting for connections at {}, {}".format(IP, PORT))
    while True:
        (client_socket, address) = server_socket.accept()
        number_con += 1
        connections.append(client_socket)
        print("CONNECTION: {}. From the address: {}".format(number_con, address))
        msg = client_socket.recv(2048).decode("utf-8")
        print("Message from client: {}".format(msg))
        message = "Hello from the teacher's server"
        client_socket.send(str.encode(message))
        client_socket.close()
except OSError:
    print("Problems using port {}. Do you have permission?".format(PORT))
except KeyboardInterrupt:
    print("Server stopped by the user")
    server_socket.close()
