import socket
import time

s = socket.socket()
s.bind(("127.0.0.1", 65432))
print("Server is running")
while True:
    time.sleep(1)  # listen() and accept() were forgotten
