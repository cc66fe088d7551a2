import socket

IP = "192.168.1.36"
PORT = 8081

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((IP, PORT))
s.send("HELLO FROM THE CLIENT!!!".encode())
s.close()
