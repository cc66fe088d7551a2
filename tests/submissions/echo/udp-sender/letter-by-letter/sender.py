import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("localhost", 5005))
    for letter in "Hello, world":
        s.send(letter.encode())
