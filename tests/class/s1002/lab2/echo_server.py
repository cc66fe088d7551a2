"""Echo server for many clients, one thread each."""
import socket
import threading


def serve(conn, addr):
    print(f"{addr[0]}:{addr[1]} is here")
    try:
        while chunk := conn.recv(4096):
            conn.sendall(chunk)
    except OSError as problem:
        print(f"{addr[0]}:{addr[1]}: {problem}")
    finally:
        conn.close()


def main():
    listener = socket.create_server(("", 65432))
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
