import socket
import sys


def ask():
    print("Message (end to stop): ", end="", flush=True)
    return sys.stdin.readline()


def main():
    try:
        s = socket.create_connection(("localhost", 8080))
    except ConnectionRefusedError:
        sys.exit("start the server first")
    message = "hello server\n"
    s.sendall(message)
    while message.strip() != "end":
        reply = s.recv(1024)
        if reply == b"":
            print("server gone")
            break
        print("From the server:", reply)
        message = ask()
        if message == "":
            break
        s.sendall(message.encode())
    s.close()


main()
