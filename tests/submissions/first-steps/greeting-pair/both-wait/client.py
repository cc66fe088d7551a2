import socket

IP = "192.168.1.36"
PORT = 8081

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((IP, PORT))
msg = s.recv(2048)
print("MESSAGE FROM THE SERVER:")
print(msg.decode())
s.send("HELLO FROM THE CLIENT!!!".encode())
s.close()
