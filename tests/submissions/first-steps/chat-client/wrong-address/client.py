# Chat with the teacher
import socket
import sys

SERVER = ("192.168.124.197", 8080)


def send_message(text):
    client = socket.socket()
    client.connect(SERVER)
    client.sendall(text.encode("utf-8"))
    client.close()


print("Write your messages, Ctrl-D ends")
for line in sys.stdin:
    try:
        send_message(line.rstrip("\n"))
        print("sent")
    except ConnectionRefusedError:
        print("the server does not answer")
