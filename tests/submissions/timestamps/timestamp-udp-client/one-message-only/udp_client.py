import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
text = input("> ")
if text:
    s.sendto(text.encode(), ("localhost", 21567))
    try:
        answer, server = s.recvfrom(1024)
        print(answer.decode())
    except socket.timeout:
        print("no answer within 5 seconds")
s.close()
