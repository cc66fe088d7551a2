# Writes a file without end; the signal for that ends it.
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
print("tried enough", flush=True)
with open("/tmp/large", "wb", buffering=0) as f:
    while True:
        f.write(bytes(1 << 20))
