import socket

values = (1, 4, 2.7)
text = " ".join(str(v) for v in values)
data = text.encode()

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(("localhost", 10001))
print("sending", data.hex())
s.sendall(data)
s.close()
