"""A sensor that reports over UDP. Usage: client_udp.py [HOST PORT]"""

import random
import socket
import struct
import sys
import time

HOST, PORT = "127.0.0.1", 5702
PERIOD = 0.25  # seconds between two readings
READINGS = 8
READING = struct.Struct("!BHHB")  # kind 1, number, temperature, humidity
STORED = struct.Struct("!BH?")  # kind 2, number, alarm


def main():
    place = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else (HOST, PORT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sensor:
        sensor.connect(place)
        due = time.monotonic()
        for number in range(1, READINGS + 1):
            temperature = random.randint(1800, 3100)  # hundredths of a degree
            humidity = random.randint(30, 70)
            due += PERIOD
            try:
                sensor.send(READING.pack(1, number, temperature, humidity))
                # An answer that has not come when the next reading is due is given up.
                sensor.settimeout(max(0.01, due - time.monotonic()))
                _, stored, alarm = STORED.unpack(sensor.recv(2048))
                print(f"reading {stored} stored{', too warm' if alarm else ''}")
            except OSError as error:
                print(f"reading {number} not acknowledged: {error}")
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
