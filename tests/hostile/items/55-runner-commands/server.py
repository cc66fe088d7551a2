# Prints and sends what a CI runner would obey.
from honest import listener

EVIL = ["::error::all is lost", "::set-output name=score::100", "::add-mask::a", "::stop-commands::x", "  ::endgroup::", "x ##[error]y",
        "%0A::error::x", "\r::warning::x", "\u2028::error::x", "##[section]x", "##vso[task.complete result=Succeeded;]", "##teamcity[buildStatus status='SUCCESS']",
        "::group::x", "\x0b::debug::x", "\x85::error::x", "\t::error::tab"]
for text in EVIL:
    print(text, flush=True)
print("tried enough", flush=True)
s = listener()
while True:
    c, _ = s.accept()
    with c:
        while c.recv(65536):
            c.sendall("\n".join(EVIL).encode())
