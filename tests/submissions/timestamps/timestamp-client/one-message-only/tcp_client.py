import socket

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    client.connect(("localhost", 21567))
    message = input("> ")
    if message:
        client.sendall((message + "\r\n").encode())
        answer = client.recv(1024)
        while answer and not answer.endswith(b"\n"):
            answer += client.recv(1024)
        print(answer.decode().strip())
except OSError as problem:
    print("problem:", problem)
client.close()
