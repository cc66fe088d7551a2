"""A sensor that reports over TCP. Usage: client_tcp.py [HOST PORT]"""

import random
import socket
import struct
import sys
import time

HOST, PORT = "127.0.0.1", 5701
PERIOD = 0.25  # seconds between two readings
READINGS = 8
READING = struct.Struct("!BHHB")  # kind 1, number, temperature, humidity
STORED = struct.Struct("!BH?")  # kind 2, number, alarm


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            sys.exit("the server has closed the connection")
        data += piece
    return data


def main():
    place = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else (HOST, PORT)
    try:
        server = socket.create_connection(place)
    except OSError as error:
        sys.exit(f"cannot connect to {place[0]}:{place[1]}: {error}")
    with server:
        due = time.monotonic()
        for number in range(1, READINGS + 1):
            temperature = random.randint(1800, 3100)  # hundredths of a degree
            humidity = random.randint(30, 70)
            server.sendall(READING.pack(1, number, temperature, humidity))
            _, stored, alarm = STORED.unpack(receive_exactly(server, STORED.size))
            print(f"reading {stored} stored{', too warm' if alarm else ''}")
            # Wait for a moment in time, not for a length of time: delays must not add up.
            due += PERIOD
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
