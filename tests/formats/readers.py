"""Readers of formats for test results, tables and texts. Each takes a path and raises what it refuses with."""

import csv
import importlib.metadata
import json
import re
import subprocess
from pathlib import Path

import cmarkgfm
import html5lib
import jsonschema
import junitparser
from lxml import etree

REPO = Path(__file__).resolve().parents[2]
# The only one that a page may hold.
SCRIPT = (REPO / "templates/class.js").read_text()


class Refused(Exception):
    """A reader takes a file, but reads something else out of it than was meant."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def text(path):
    return path.read_text(encoding="utf-8", errors="strict")


def version(package):
    return importlib.metadata.version(package)


def ungraded(path):
    """Whether a report is of a submission that could not be graded; in the stored run those are s1005 and s9999."""
    return any("not-graded" in part or part in {"s1005", "s9999"} for part in path.parts)


def junit(path):
    report = junitparser.JUnitXml.fromfile(str(path))
    cases = [case for suite in report for case in suite]
    need(report.tests == len(cases) > 0, "the count of tests is wrong")
    names = [(case.classname, case.name) for case in cases]
    need(len(names) == len(set(names)), "two cases have one name")
    for case in cases:
        if ungraded(path):
            need(case.is_error, "an ungraded submission is no error")


def xsd(file):
    schema = etree.XMLSchema(etree.parse(str(file)))
    return lambda path: schema.assertValid(etree.parse(str(path)))


def canonical(path):
    schema = json.loads(text(REPO / "schema" / path.name.removeprefix("json--")))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(text(path)))


def ctrf_schema(file):
    validator = jsonschema.Draft7Validator(json.loads(text(file)))
    return lambda path: validator.validate(json.loads(text(path)))


class Node:
    """Readers of npm, all asked at once."""

    def __init__(self, folder, wanted):
        questions = [{"reader": reader, "path": str(path)} for reader, path in wanted]
        script = Path(__file__).with_name("read.mjs")
        run = subprocess.run(["node", str(script)], cwd=folder, input=json.dumps(questions), text=True, capture_output=True, check=True)
        self.answers = dict(zip(wanted, json.loads(run.stdout), strict=True))

    def value(self, reader, path):
        answer = self.answers[(reader, path)]
        need("error" not in answer, answer.get("error"))
        return answer["value"]

    def ctrf(self, path):
        self.value("ctrf", path)

    def tap(self, path):
        events = self.value("tap", path)
        points = list(tap_points(events))
        wrong = [p for p in points if p["tapError"]]
        need(not wrong, f"a point has an error of syntax: {wrong[:1]}")
        need(not any(p["name"].startswith("forged") for p in points), "a forged point")
        extra = [e for e in events if e[0] == "extra"]
        need(not extra, f"lines that are not TAP: {extra[:2]}")
        done = next(e[1] for e in events if e[0] == "complete")
        if ungraded(path):
            return need(done["bailout"], "no bailout")
        need(done["plan"]["end"] == done["count"] > 0 and not done["bailout"], "the plan")
        # In a class's stream a point of the outermost level stands for a whole submission.
        told = [p for p in points if not p["skip"] and (" > " in p["fullname"] or not is_class(path))]
        bare = [p for p in told if not p.get("diag")]
        need(not bare, f"a diagnostic was not read: {bare[:1]}")


def is_class(path):
    return path.parent.name.startswith("class-") or path.parent.name == "tap"


def tap_points(events):
    for event in events:
        if event[0] == "assert":
            yield event[1]
        elif event[0] == "child":
            yield from tap_points(event[1])


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    need(rows, "no rows")
    need(len({len(row) for row in rows}) == 1, "rows differ in length")
    cells = [cell for row in rows for cell in row]
    formula = [c for c in cells if re.match(r"\s*[=+\-@\t\r]", c) and not re.fullmatch(r"-?\d+(\.\d+)?", c)]
    need(not formula, f"a cell is a formula: {formula[:1]}")


def markdown(path):
    need(path.stat().st_size <= 1 << 20, "more than 1 MiB")
    page = cmarkgfm.github_flavored_markdown_to_html(text(path))
    need(re.search("<h[1-3]>", page), "no heading")
    live = re.findall(r"<(?:script|img|a|iframe|svg|form|input)\b[^>]*>", page)
    need(not live, f"something live: {live[:2]}")
    need(page.count("<pre") == page.count("</pre>"), "an open block")


def html(path):
    """The page as the HTML standard's own algorithm reads it, its errors taken for errors."""
    if path.stat().st_size > 500_000:
        return
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text(path))
    for element in tree.iter():
        name = str(element.tag).rpartition("}")[2]
        need(name not in {"img", "iframe", "object", "embed", "form", "link", "base"}, f"an element {name}")
        need(name != "script" or element.text == SCRIPT, "a foreign script")
        for attribute, value in element.attrib.items():
            need(not str(attribute).startswith("on"), f"{name} {attribute}")
            if str(attribute).endswith("href"):
                need(re.match(r"#|\./|data:application/", value), f"a link to {value[:40]}")
