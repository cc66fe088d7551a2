"""Sensor server over UDP. Usage: server_udp.py [PORT]"""

import socket
import struct
import sys

PORT = 5702
READING = struct.Struct("!BHHB")  # kind 1, number, temperature, humidity
STORED = struct.Struct("!BH?")  # kind 2, number, alarm
TOO_WARM = 2800


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        try:
            while True:
                data, sensor = server.recvfrom(2048)
                if len(data) != READING.size or data[0] != 1:
                    print("no reading:", data.hex())
                    continue
                _, number, temperature, humidity = READING.unpack(data)
                print(f"reading {number}: {temperature} hundredths of a degree, {humidity} % humidity")
                server.sendto(STORED.pack(2, number, temperature > TOO_WARM), sensor)
        except KeyboardInterrupt:
            print("server stopped")


if __name__ == "__main__":
    main()
