import socket
import struct
import sys
import threading

port = int(sys.argv[1]) if len(sys.argv) > 1 else 5701


def read_message():
    data = b""
    while len(data) < 8:
        part = conn.recv(8 - len(data))
        if part == b"":
            return None
        data += part
    return data


def handle():
    global conn
    try:
        while True:
            data = read_message()
            if data is None:
                break
            kind, number, temperature, humidity = struct.unpack("!BHfB", data)
            print("%s reading %d: %.1f degrees %d %%" % (address[1], number, temperature, humidity), flush=True)
            conn.sendall(struct.pack("!BH?", 2, number, temperature > 28))
    except OSError as e:
        print("lost", e)
    conn.close()


connected = []
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", port))
s.listen(10)
while True:
    conn, address = s.accept()
    connected.append(conn)
    t = threading.Thread(target=handle)
    t.daemon = True
    t.start()
