# Prints what a terminal would obey, then serves wrongly so that it is all shown.
import sys

from honest import listener

EVIL = ["\x1b[2J\x1b[H\x1b[32mPASS 100/100", "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", "\x1b]52;c;cm0gLXJmIH4K\x07",
        "\x1bP$q\"p\x1b\\", "\x9b31mred\x9c", "10/10\r 0/10", "\x07\x08\x08\x08", "\x1b]0;title\x07", "\x1b[?1049h", "\u202egnp.exe",
        "\x1b_apc\x1b\\", "\x0e\x0f", "\x85\x84", "\u2028\u2029\ufeff"]
for text in EVIL:
    sys.stdout.write(text + "\n")
    sys.stderr.write(text + "\n")
sys.stdout.buffer.write(b"\x9b2J\x1b[1;31m\xff\xfe\n")
print("tried enough", flush=True)
s = listener()
while True:
    c, _ = s.accept()
    with c:
        while c.recv(65536):
            c.sendall("".join(EVIL).encode())
