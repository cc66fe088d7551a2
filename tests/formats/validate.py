#!/usr/bin/env python3
"""Lets readers that nobody here wrote read every report format.

    cargo run --example report_gallery -- GALLERY
    pip install -r tests/formats/requirements.txt
    npm install --prefix NODE ctrf@0.3 tap-parser@18
    python tests/formats/validate.py GALLERY [--node NODE] [--junit-xsd FILE]

FILE is Jenkins' schema `junit-10.xsd` of its xUnit plugin; pytest's source archive carries a copy
(`pip download --no-deps --no-binary :all: pytest`). What is absent is skipped, loudly.
"""

import argparse
import base64
import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import cmarkgfm
import jsonschema
import junitparser
from lxml import etree

REPO = Path(__file__).resolve().parents[2]
FAILED = []
COUNT = {}


def check(what, path, condition, why):
    COUNT[what] = COUNT.get(what, 0) + 1
    if not condition:
        FAILED.append(f"{what}: {path.parent.name}/{path.name}: {why}")


def attempt(what, path, action):
    try:
        result = action()
    except Exception as error:  # any reader's own error type
        check(what, path, False, f"{type(error).__name__}: {str(error)[:300]}")
        return None
    check(what, path, True, "")
    return result


def files(gallery, name):
    return sorted(gallery.glob(f"*/{name}--*"))


def text(path):
    return path.read_text(encoding="utf-8", errors="strict")


def junit(gallery, xsd):
    schema = etree.XMLSchema(etree.parse(str(xsd))) if xsd else None
    if not schema:
        print("SKIPPED: Jenkins' schema: no --junit-xsd")
    for path in files(gallery, "junit"):
        report = attempt("junitparser", path, lambda: junitparser.JUnitXml.fromfile(str(path)))
        if report is not None:
            cases = [case for suite in report for case in suite]
            check("junitparser", path, report.tests == len(cases), "the count of tests is wrong")
            names = [(c.classname, c.name) for c in cases]
            check("junit names", path, len(names) == len(set(names)), "two cases have one name")
        if schema:
            attempt("jenkins xsd", path, lambda: schema.assertValid(etree.parse(str(path))))


def canonical(gallery):
    for name in ["scorecard", "class"]:
        schema = json.loads(text(REPO / "schema" / f"{name}.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for path in sorted(gallery.glob(f"*/json--{name}.json")):
            attempt("json schema", path, lambda: validator.validate(json.loads(text(path))))


def ctrf(gallery, node):
    schema = node and next(node.glob("node_modules/ctrf/dist/ctrf-schema*.json"), None)
    if not schema:
        return print("SKIPPED: CTRF's schema: no ctrf under --node")
    validator = jsonschema.Draft7Validator(json.loads(text(schema)))
    for path in files(gallery, "ctrf"):
        attempt("ctrf schema", path, lambda: validator.validate(json.loads(text(path))))


def tap(gallery, node):
    parser = node and node / "node_modules" / "tap-parser" / "bin" / "cmd.cjs"
    if parser and not parser.exists():
        parser = next((node / "node_modules" / "tap-parser").glob("bin/*"), None)
    if not parser:
        return print("SKIPPED: TAP: no tap-parser under --node")
    for path in files(gallery, "tap"):
        run = subprocess.run(["node", str(parser), "--json=1", "--strict"], stdin=open(path, "rb"), capture_output=True)
        events = attempt("tap-parser", path, lambda: json.loads(run.stdout))
        if events is None:
            continue
        points = list(tap_points(events))
        wrong = [p for p in points if p["tapError"]]
        check("tap-parser", path, not wrong, f"a point has an error of syntax: {wrong[:1]}")
        forged = [p for p in points if p["name"].startswith("forged")]
        check("tap-parser", path, not forged, "a forged point")
        extra = [e for e in events if e[0] == "extra"]
        check("tap-parser", path, not extra, f"lines that are not TAP: {extra[:2]}")
        done = next(e[1] for e in events if e[0] == "complete")
        if "not-graded" in path.parent.name:
            check("tap-parser", path, bool(done["bailout"]), "no bailout")
        else:
            check("tap-parser", path, done["plan"]["end"] == done["count"] and not done["bailout"], "the plan")
            bare = [p for p in points if not p.get("diag") and not p["skip"] and (" > " in p["fullname"] or "class" not in path.parent.name)]
            check("tap-parser", path, not bare, f"a diagnostic was not read: {bare[:1]}")


def tap_points(events):
    for event in events:
        if event[0] == "assert":
            yield event[1]
        elif event[0] == "child":
            yield from tap_points(event[1])


def tables(gallery):
    for path in files(gallery, "csv"):
        rows = attempt("csv", path, lambda: list(csv.reader(open(path, newline="", encoding="utf-8"), strict=True)))
        if not rows:
            continue
        check("csv", path, len({len(row) for row in rows}) == 1, "rows differ in length")
        cells = [cell for row in rows for cell in row]
        formula = [c for c in cells if re.match(r"\s*[=+\-@\t\r]", c) and not re.fullmatch(r"-?\d+(\.\d+)?", c)]
        check("csv", path, not formula, f"a cell is a formula: {formula[:1]}")


def gradescope(gallery):
    formats = {"text", "html", "simple_format", "md", "ansi"}
    seen = {"hidden", "after_due_date", "after_published", "visible"}
    top = {"score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"}
    one = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility", "extra_data"}
    for path in files(gallery, "gradescope"):
        data = attempt("gradescope", path, lambda: json.loads(text(path)))
        check("gradescope", path, set(data) <= top, "an unknown field")
        check("gradescope", path, "\r" not in text(path), "a carriage return")
        if "not-graded" in path.parent.name:
            check("gradescope", path, "score" not in data and "tests" not in data, "a score of an ungraded submission")
            continue
        check("gradescope", path, isinstance(data["score"], (int, float)), "no score")
        check("gradescope", path, data["output_format"] in formats and data["stdout_visibility"] in seen, "a wrong word")
        for test in data["tests"]:
            check("gradescope", path, set(test) <= one, f"an unknown field in a test: {set(test) - one}")
            check("gradescope", path, test["visibility"] in seen, "a wrong visibility")
            check("gradescope", path, test.get("status", "passed") in {"passed", "failed"}, "a wrong status")


def prairielearn(gallery):
    for path in files(gallery, "prairielearn"):
        data = attempt("prairielearn", path, lambda: json.loads(text(path)))
        check("prairielearn", path, path.stat().st_size <= 1_000_000, "more than 1 MB")
        if data["gradable"]:
            check("prairielearn", path, 0 <= data["score"] <= 1, "the score is not a share")
            complete = all({"points", "max_points", "name"} <= set(t) for t in data["tests"])
            check("prairielearn", path, complete, "a test lacks points")


def autolab(gallery):
    for path in files(gallery, "autolab"):
        lines = text(path).rstrip().split("\n")
        if "not-graded" in path.parent.name:
            check("autolab", path, "scores" not in lines[-1], "scores of an ungraded submission")
            continue
        check("autolab", path, len(lines) == 2, "not two lines")
        for line in lines:
            # What Autolab does to a line before it parses it.
            quoted = re.sub(r"([a-zA-Z0-9]+):", r'"\1":', line)
            attempt("autolab", path, lambda: json.loads(quoted))
        scores = json.loads(lines[-1])["scores"]
        check("autolab", path, all(isinstance(s, (int, float)) for s in scores.values()), "a score is no number")


def vpl(gallery):
    for path in files(gallery, "vpl"):
        grades = re.findall(r"^Grade :=>>(.*)$", text(path), re.M)
        wanted = 0 if "not-graded" in path.parent.name else 1
        check("vpl", path, len(grades) == wanted, f"grades: {grades}")
        check("vpl", path, text(path).count("--|>") == 1 and text(path).count("<|--") == 1, "the block is broken")
        check("vpl", path, "Comment :=>>" not in text(path), "a forged comment")
        for grade in grades:
            attempt("vpl", path, lambda: float(grade))


def classrooms(gallery):
    for path in files(gallery, "classroom50"):
        if "not-graded" in path.parent.name:
            check("classroom50", path, path.stat().st_size == 0, "a result of an ungraded submission")
            continue
        data = attempt("classroom50", path, lambda: json.loads(text(path)))
        check("classroom50", path, data["schema"] == "classroom50/result/v1", "the schema")
        check("classroom50", path, re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data["datetime"]) is not None, "the time")
        whole = [data["score"], data["max-score"]] + [t[k] for t in data["tests"] for k in ("score", "max-score")]
        check("classroom50", path, all(type(n) is int for n in whole), "points that are not whole")
        check("classroom50", path, all(type(t["passed"]) is bool and t["test-name"] for t in data["tests"]), "a test")
    for path in files(gallery, "github-classroom"):
        value = text(path).strip().removeprefix("result=")
        data = attempt("github-classroom", path, lambda: json.loads(base64.b64decode(value, validate=True)))
        check("github-classroom", path, len(value) < 128 * 1024, "too large for a variable of the environment")
        check("github-classroom", path, data["status"] in {"pass", "fail", "error"} and type(data["max_score"]) is int, "the head")
        check("github-classroom", path, all(isinstance(t["score"], (int, float)) for t in data["tests"]), "a test without score")


def others(gallery):
    for path in files(gallery, "exercism"):
        data = attempt("exercism", path, lambda: json.loads(text(path)))
        check("exercism", path, data["version"] == 2 and data["status"] in {"pass", "fail", "error"}, "the head")
        check("exercism", path, (data["status"] == "error") == bool(data["message"]), "the message")
        for test in data["tests"]:
            check("exercism", path, len(test.get("output", "")) <= 500, "an output of more than 500 characters")
            check("exercism", path, test["status"] == "pass" or test["message"], "a failure without a message")
    for path in files(gallery, "markus"):
        for line in text(path).splitlines():
            data = attempt("markus", path, lambda: json.loads(line))
            check("markus", path, data["status"] in {"pass", "partial", "fail", "error"}, "the status")
            check("markus", path, data["marks_earned"] >= 0 and data["marks_total"] >= 0, "the marks")
    for path in files(gallery, "submitty"):
        data = attempt("submitty", path, lambda: json.loads(text(path)))
        if data["status"] == "success":
            check("submitty", path, 0 <= data["data"]["score"] <= 1, "the score")
            words = {m["status"] for m in data["data"]["message"]}
            check("submitty", path, words <= {"information", "failure", "warning", "success"}, "a status")


def github(gallery):
    for path in files(gallery, "github-output"):
        ok = all(re.fullmatch(r"[a-z-]+=[a-z0-9.-]+", line) for line in text(path).splitlines())
        check("github outputs", path, ok, "a line that is not name=value")
    for name in ["markdown", "github-summary"]:
        for path in files(gallery, name):
            check("markdown", path, path.stat().st_size <= 1 << 20, "more than 1 MiB")
            page = cmarkgfm.github_flavored_markdown_to_html(text(path))
            live = re.findall(r"<(?:script|img|a|iframe|svg|form|input)\b[^>]*>", page)
            check("markdown", path, not live, f"something live: {live[:2]}")
            check("markdown", path, page.count("<pre") == page.count("</pre>"), "an open block")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("gallery", type=Path)
    args.add_argument("--node", type=Path)
    args.add_argument("--junit-xsd", type=Path)
    args = args.parse_args()
    steps = [(junit, args.junit_xsd), (canonical,), (ctrf, args.node), (tap, args.node)]
    steps += [(r,) for r in [tables, gradescope, prairielearn, autolab, vpl, classrooms, others, github]]
    for reader, *more in steps:
        try:
            reader(args.gallery, *more)
        except Exception as error:  # what a broken report makes of a check above
            FAILED.append(f"{reader.__name__}: stopped by {type(error).__name__}: {error}")
    for name, number in COUNT.items():
        print(f"{number:6} checks by {name}")
    for failure in FAILED[:40]:
        print("FAILED", failure)
    if not COUNT:
        print("FAILED: the gallery is empty")
    sys.exit(1 if FAILED or not COUNT else 0)


if __name__ == "__main__":
    main()
