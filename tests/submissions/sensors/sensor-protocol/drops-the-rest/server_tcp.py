"""Sensor server over TCP. Usage: server_tcp.py [PORT]"""

import socket
import struct
import sys

port = 5701
if len(sys.argv) > 1:
    port = int(sys.argv[1])

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", port))
listener.listen(5)
while True:
    sensor, address = listener.accept()
    print("sensor", address)
    buffer = b""
    while True:
        data = sensor.recv(1024)
        if not data:
            break
        buffer += data
        if len(buffer) < 8:
            continue
        kind, number, temperature, humidity = struct.unpack("!BHfB", buffer[:8])
        buffer = b""
        print("reading", number, "%.1f degrees" % temperature, humidity, "%")
        sensor.send(struct.pack("!BH?", 2, number, temperature > 28))
    sensor.close()
