import select
import socket
import struct
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 5701
listener = socket.create_server(("", port))
buffers = {listener: b""}
while True:
    ready, _, _ = select.select(list(buffers), [], [])
    for sock in ready:
        if sock is listener:
            connection, address = listener.accept()
            buffers[connection] = b""
            continue
        data = sock.recv(1024)
        if not data:
            sock.close()
            del buffers[sock]
            continue
        buffers[sock] += data
        while len(buffers[sock]) >= 8:
            message, buffers[sock] = buffers[sock][:8], buffers[sock][8:]
            kind, number, temperature, humidity = struct.unpack("!BHfB", message)
            print(f"reading {number}: {temperature:.2f} degrees, {humidity} %", flush=True)
            sock.sendall(struct.pack("!BH?", 2, number, temperature > 28))
