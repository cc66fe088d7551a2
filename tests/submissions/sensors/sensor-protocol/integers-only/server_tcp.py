"""Sensor server over TCP. Usage: server_tcp.py [PORT]"""

import socket
import struct
import sys

PORT = 5701
READING = struct.Struct("!BHHB")  # kind 1, number, temperature, humidity
STORED = struct.Struct("!BH?")  # kind 2, number, alarm
TOO_WARM = 2800


def receive_exactly(connection, size):
    """Collects `size` bytes, however they were cut on their way; None when the sensor has closed."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def serve(connection):
    while True:
        data = receive_exactly(connection, READING.size)
        if data is None:
            break
        kind, number, temperature, humidity = READING.unpack(data)
        if kind != 1:
            print("unknown message of kind", kind)
            break
        print(f"reading {number}: {temperature} hundredths of a degree, {humidity} % humidity")
        connection.sendall(STORED.pack(2, number, temperature > TOO_WARM))


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    with socket.create_server(("", port)) as listener:
        try:
            while True:
                connection, address = listener.accept()
                print("sensor at", address[0])
                with connection:
                    try:
                        serve(connection)
                    except ConnectionError as error:
                        print("sensor lost:", error)
        except KeyboardInterrupt:
            print("server stopped")


if __name__ == "__main__":
    main()
