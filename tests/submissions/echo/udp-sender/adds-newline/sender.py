import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
message = "Hello, world\n"
sock.sendto(message.encode("utf-8"), ("localhost", 5005))
sock.close()
