"""A sensor that reports over UDP (starter). Usage: client_udp.py [HOST PORT]"""

import random
import socket
import sys

HOST, PORT = "127.0.0.1", 5702
READINGS = 8


def main():
    place = (sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else (HOST, PORT)
    sensor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # TODO: send READINGS datagrams to `place`, one every period, and read the answers.
    print("A reading would be", random.uniform(18, 30), "and go to", place, READINGS, "times.")
    sensor.close()


if __name__ == "__main__":
    main()
