import socket
import threading


def handle_client(client_socket, addr):
    try:
        while True:
            # receive and print client messages
            request = client_socket.recv(1024).decode("utf-8")
            print(f"Received: {request}")
            if request.lower() == "close":
                client_socket.send("closed".encode("utf-8"))
                break
            # convert and send accept response to the client
            response = "accepted"
            if request:
                client_socket.send(response.encode("utf-8"))
    except Exception as e:
        print(f"Error when handling client: {e}")
    finally:
        client_socket.close()
        print(f"Connection to client ({addr[0]}:{addr[1]}) closed")


def run_server():
    server_ip = "127.0.0.1"  # server hostname or IP address
    port = 8000  # server port number
    # create a socket object
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # bind the socket to the host and port
    server.bind((server_ip, port))
    # listen for incoming connections
    server.listen()
    print(f"Listening on {server_ip}:{port}")

    while True:
        # accept a client connection
        client_socket, addr = server.accept()
        print(f"Accepted connection from {addr[0]}:{addr[1]}")
        # start a new thread to handle the client
        thread = threading.Thread(target=handle_client, args=(client_socket, addr))
        thread.start()


run_server()
