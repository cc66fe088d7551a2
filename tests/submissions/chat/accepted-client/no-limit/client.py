import socket


def run_client():
    # create a socket object
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    server_ip = "127.0.0.1"  # replace with the server's IP address
    server_port = 8000
    # establish connection with server
    try:
        client.connect((server_ip, server_port))
    except OSError as e:
        print("No connection:", e)
        return

    while True:
        # input message and send it to the server
        msg = input("Enter message: ")
        client.send(msg.encode("utf-8"))

        # receive message from the server
        response = client.recv(1024)
        response = response.decode("utf-8")

        # if server sent us "closed" in the payload, we break out of the loop
        if response == "":
            print("Server gone")
            break
        print(f"Received: {response}")
        if response == "closed":
            break

    # close client socket (connection to the server)
    client.close()
    print("Connection to server closed")


run_client()
