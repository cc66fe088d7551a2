"""Sensor server over TCP for many sensors at once: a thread for each connection. Usage: server.py [PORT]"""

import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

PORT = 5701
READING = struct.Struct("!BHfB")  # kind 1, number, temperature, humidity
STORED = struct.Struct("!BH?")  # kind 2, number, alarm
TOO_WARM = 28.0


def receive_exactly(connection, size):
    """Collects `size` bytes, however they were cut on their way; None when the sensor has closed."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def serve(connection, address):
    """Runs in a thread of its own; shares nothing with the others but the screen."""
    name = f"{address[0]}:{address[1]}"
    with connection:
        try:
            while True:
                data = receive_exactly(connection, READING.size)
                if data is None:
                    break
                kind, number, temperature, humidity = READING.unpack(data)
                if kind != 1:
                    print(f"{name}: unknown message of kind {kind}")
                    break
                # One string with its newline is one write, so that lines of two threads do not mix.
                sys.stdout.write(f"{name} reading {number}: {temperature:.2f} degrees, {humidity} %\n")
                sys.stdout.flush()
                connection.sendall(STORED.pack(2, number, temperature > TOO_WARM))
        except ConnectionError as error:
            print(f"{name} lost: {error}")


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    pool = ThreadPoolExecutor(max_workers=1)
    with socket.create_server(("", port)) as listener:
        try:
            while True:
                connection, address = listener.accept()
                # A daemon thread does not keep the program alive after Ctrl+C.
                pool.submit(serve, connection, address)
        except KeyboardInterrupt:
            print("server stopped")


if __name__ == "__main__":
    main()
