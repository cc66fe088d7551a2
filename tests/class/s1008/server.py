import socket

s = socket.socket()
s.bind(("127.0.0.1", 65432))
s.listen(1)
conn, addr = s.accept()
print("Connected by", addr)
while True:
    data = conn.recv(1024)
    if not data:
        break
    text = data.decode()
    print("got", text)
    conn.send(text)  # a str, where bytes are wanted
conn.close()
