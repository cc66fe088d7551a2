import socket

IP = "192.168.1.36"
PORT = 8081

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((IP, PORT))
s.listen(5)
print("Waiting at", IP, PORT)
try:
    while True:
        conn, addr = s.accept()
        print("CONNECTION from", addr)
        msg = conn.recv(2048)
        print("Message:", msg.decode())
        conn.send("Hello from the teacher's server".encode())
        conn.close()
except KeyboardInterrupt:
    print("Server stopped by the user")
s.close()
