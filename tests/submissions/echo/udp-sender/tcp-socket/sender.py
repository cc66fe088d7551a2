import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.sendto(b"Hello, world", ("127.0.0.1", 5005))
sock.close()
