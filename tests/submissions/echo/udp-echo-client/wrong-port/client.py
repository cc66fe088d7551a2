import socket

HOST = "127.0.0.1"
PORT = 65432

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(2)
    s.sendto(b"Hello, world", (HOST, PORT))
    try:
        data, addr = s.recvfrom(1024)
        print("Received", data)
    except socket.timeout:
        print("Timeout")
