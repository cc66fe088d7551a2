import socket

client = socket.socket()
try:
    client.connect(("localhost", 21567))
except OSError as error:
    print("cannot connect:", error)
    raise SystemExit(1)
while True:
    line = input("> ")
    if not line:
        break
    client.sendall((line + "\r\n").encode())
    answer = client.recv(1024)
    print(answer.decode().strip())
client.close()
