"""Compares two runs of the same class: all that was judged must be the same, byte for byte.

    same_run.py RUN OTHER

Left aside are times, the recordings of what went over the wire (how the system cuts a stream into reads is new each
time), the ports that it gives to clients, and where an endless flood was cut off. Ends with status 1 if anything else
differs, or is left over.
"""

import json
import pathlib
import re
import sys

# Times, what is recorded and not judged, and what a busy machine adds: that a second look was needed for a verdict, or that
# a flood was faster than its recording. A server that closes with bytes unread is last seen closing or resetting.
ASIDE = {
    "started",
    "duration_ms",
    "at_ms",
    "conversation",
    "packets",
    "stories",
    "confirmed",
    "capture_incomplete",
    "last_seen",
}

# Linux takes clients' ports from here: ip(7), ip_local_port_range.
PORTS = range(32768, 61000)


def without_ports(text):
    text = re.sub(r"\bsends \d+ bytes\b", "sends BYTES", text)
    return re.sub(r"\b\d{5}\b", lambda number: "PORT" if int(number[0]) in PORTS else number[0], text)


# A piece of evidence that is longer than this many bytes is compared by its beginning.
LONG = 1024


def judged(value):
    if isinstance(value, str):
        return without_ports(value)
    if isinstance(value, dict):
        if value.get("length", 0) > LONG:
            value = {**value, "length": "long", "bytes": value["bytes"][:64]}
        return {key: judged(inner) for key, inner in value.items() if key not in ASIDE}
    if isinstance(value, list):
        return [judged(inner) for inner in value]
    return value


def results(run):
    """Scorecards and stamps by path, and everything that has no place in a finished run."""
    found, left_over = {}, []
    for path in sorted((run / "results").rglob("*")):
        inside = path.relative_to(run).as_posix()
        if path.name in ("scorecard.json", "stamp.json"):
            found[inside] = json.dumps(judged(json.loads(path.read_text())), indent=1, sort_keys=True)
        elif path.is_file() and path.parent.name not in ("events", "captures"):
            left_over.append(inside)
        elif path.name.startswith("."):
            left_over.append(inside)
    return found, left_over


def plan(run):
    plan = json.loads((run / "plan.json").read_text())
    # In how many shards a run was cut is no part of what it says.
    del plan["shards"]
    return json.dumps(plan, sort_keys=True)


def main(first, second):
    wrong = []
    if plan(first) != plan(second):
        wrong.append("the plans differ")
    (a, left_a), (b, left_b) = results(first), results(second)
    wrong += [f"{run / name} is left over" for run, left in ((first, left_a), (second, left_b)) for name in left]
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            wrong.append(f"{name} is only in {first if name in a else second}")
        elif a[name] != b[name]:
            lines = zip(a[name].splitlines(), b[name].splitlines())
            told = next((f"{x.strip()} | {y.strip()}" for x, y in lines if x != y), "one is longer")
            wrong.append(f"{name} differs: {told}")
    for line in wrong:
        print(line)
    cards = sum(name.endswith("scorecard.json") for name in a)
    print(f"{cards} results compared, {len(wrong)} differences")
    return 1 if wrong or not cards else 0


sys.exit(main(*map(pathlib.Path, sys.argv[1:3])))
