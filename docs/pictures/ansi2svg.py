#!/usr/bin/env python3
"""Draws coloured terminal output as an SVG picture: socklab --color always … | ansi2svg.py TITLE >picture.svg"""

import re
import sys
import unicodedata
from xml.sax.saxutils import escape

# Advance and line height of the monospace font at 14 px.
CELL, LINE, MARGIN, HEAD = 8.43, 20, 16, 34
COLOURS = {31: "bad", 32: "good", 33: "warn", 36: "link"}
STYLE = """
.box{fill:#14171a;stroke:#3a4047}text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#e8eaed;white-space:pre}
.dim{fill:#a8b0b9}.bold{font-weight:700}.bad{fill:#ff9a96}.good{fill:#74d491}.warn{fill:#f2bd63}.link{fill:#8ab8ff}
.mark{fill:#ffd54a;font-weight:700}"""


def width(text):
    wide = lambda c: 2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1
    return sum(wide(c) for c in text)


def changed(style, codes):
    """The style after an escape sequence: a set of class names."""
    style = set(style)
    for code in codes:
        if code == 0:
            style.clear()
        elif code == 1:
            style.add("bold")
        elif code == 2:
            style.add("dim")
        elif code == 7:
            style.add("mark")
        elif code == 22:
            style -= {"bold", "dim"}
        elif code in COLOURS:
            style.add(COLOURS[code])
        elif code == 39:
            style -= set(COLOURS.values())
    return style


def line(text, style, y):
    out, column = [], 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        if part.startswith("\x1b"):
            style = changed(style, [int(code or 0) for code in part[2:-1].split(";")])
        elif part:
            classes = f' class="{" ".join(sorted(style))}"' if style else ""
            x = MARGIN + column * CELL
            if part.strip():
                lead = len(part) - len(part.lstrip(" "))
                # Every run has its own place and length, so that another font does not shift what follows.
                words = part.strip(" ")
                out.append(
                    f'<text x="{x + lead * CELL:.1f}" y="{y}" textLength="{width(words) * CELL:.1f}"{classes}>{escape(words)}</text>'
                )
            column += width(part)
    return out, style, column


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    out, style, columns = [], set(), 0
    for number, text in enumerate(lines):
        drawn, style, column = line(text, style, HEAD + MARGIN + number * LINE + 4)
        out += drawn
        columns = max(columns, column)
    high, wide = HEAD + MARGIN + len(lines) * LINE + 4, round(columns * CELL + 2 * MARGIN)
    title = escape(sys.argv[1])
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" aria-label="{title}">')
    print(f"<style>{STYLE}</style>")
    print(f'<rect class="box" x=".5" y=".5" width="{wide - 1}" height="{high - 1}" rx="8"/>')
    print(f'<text x="{MARGIN}" y="24" class="dim">$ {title}</text>')
    print("\n".join(out))
    print("</svg>")


if __name__ == "__main__":
    main()
