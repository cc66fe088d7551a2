import socket

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind(("127.0.0.1", 65432))
s.listen(1)
conn, addr = s.accept()
print("Connected by", addr)
stream = conn.makefile("rwb")
for line in stream:
    stream.write(line)
    stream.flush()
stream.close()
conn.close()
s.close()
