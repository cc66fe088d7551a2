import socket

host = "www.google.com"
print(host, "=", socket.gethostbyname(host))
