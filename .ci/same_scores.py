"""Compares the scores of two runs of the same class: exits with 1 if any differs, or if none could be compared.

With --causes the first cause of every check must be the same, too."""

import json
import pathlib
import sys


def cause(check):
    return check["findings"][0]["cause"] if CAUSES and check["findings"] else None


def scores(run):
    found = {}
    for path in sorted(pathlib.Path(run).glob("results/*/*/scorecard.json")):
        card = json.loads(path.read_text())
        key = (card["submission"]["key"], card["exercise"])
        outcomes = [(check["id"], check["outcome"], cause(check)) for check in card["checks"]]
        found[key] = (card["status"], card["score"], outcomes, card.get("error") or "")
    return found


def lacks_a_tool(card):
    return card[0] == "not_graded" and "which this machine does not have" in card[3]


CAUSES = "--causes" in sys.argv
first, second = (scores(run) for run in sys.argv[1:] if not run.startswith("--"))
compared = skipped = differ = 0
for key in sorted(first.keys() | second.keys()):
    a, b = first.get(key), second.get(key)
    lacking = [card for card in (a, b) if card and lacks_a_tool(card)]
    if lacking:
        print(f"SKIPPED {key[0]}: {lacking[0][3]}")
        skipped += 1
    elif not a or not b or a[:3] != b[:3]:
        print(f"DIFFERS {key[0]}:\n  {a}\n  {b}")
        differ += 1
    else:
        compared += 1
print(f"{compared} submissions with the same score, {differ} differ, {skipped} skipped")
sys.exit(1 if differ or not compared else 0)
