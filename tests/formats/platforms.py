"""Platforms whose readers are no packages: what their documentation demands, said as checks."""

import base64
import json
import re
from pathlib import Path

import jsonschema

from readers import need, text, ungraded

GRADESCOPE = jsonschema.Draft202012Validator(json.loads(text(Path(__file__).with_name("gradescope.schema.json"))))


def gradescope(path):
    data = json.loads(text(path))
    GRADESCOPE.validate(data)
    if ungraded(path):
        return need("score" not in data and "tests" not in data, "a score of an ungraded submission")
    need("score" in data, "no score")
    points = sum(test.get("score", 0) for test in data["tests"])
    need(abs(points - data["score"]) < 1e-3, f"the tests give {points}, the score is {data['score']}")


def prairielearn(path):
    data = json.loads(text(path))
    need(path.stat().st_size <= 1_000_000, "more than 1 MB")
    need(data["gradable"] != ungraded(path), "gradable")
    if data["gradable"]:
        need(0 <= data["score"] <= 1, "the score is not a share")
        need(all({"points", "max_points", "name"} <= set(t) for t in data["tests"]), "a test lacks points")
    else:
        need("score" not in data, "a score of an ungraded submission")


def autolab(path):
    lines = text(path).rstrip().split("\n")
    if ungraded(path):
        return need("scores" not in lines[-1], "scores of an ungraded submission")
    # Autolab reads the last two lines and shows what stands before them: here the level of isolation.
    before, lines = lines[:-2], lines[-2:]
    need(len(lines) == 2 and all("isolation" in line for line in before), "not two lines")
    for line in lines:
        # What Autolab does to a line before it parses it.
        json.loads(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', line))
    scores = json.loads(lines[-1])["scores"]
    need(scores and all(isinstance(s, (int, float)) for s in scores.values()), "a score is no number")


def vpl(path):
    grades = re.findall(r"^Grade :=>>(.*)$", text(path), re.M)
    need(len(grades) == (0 if ungraded(path) else 1), f"grades: {grades}")
    need(text(path).count("--|>") == 1 and text(path).count("<|--") == 1, "the block is broken")
    need("Comment :=>>" not in text(path), "a forged comment")
    for grade in grades:
        float(grade)


def classroom50(path):
    if ungraded(path):
        return need(path.stat().st_size == 0, "a result of an ungraded submission")
    data = json.loads(text(path))
    need(data["schema"] == "classroom50/result/v1", "the schema")
    need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data["datetime"]), "the time")
    whole = [data["score"], data["max-score"]] + [t[k] for t in data["tests"] for k in ("score", "max-score")]
    need(all(type(n) is int for n in whole), "points that are not whole")
    need(all(type(t["passed"]) is bool and t["test-name"] for t in data["tests"]), "a test")


def github_classroom(path):
    value = text(path).strip().removeprefix("result=")
    data = json.loads(base64.b64decode(value, validate=True))
    need(len(value) < 128 * 1024, "too large for a variable of the environment")
    need(data["status"] in {"pass", "fail", "error"} and type(data["max_score"]) is int, "the head")
    need(all(isinstance(t["score"], (int, float)) for t in data["tests"]), "a test without score")


def exercism(path):
    data = json.loads(text(path))
    need(data["version"] == 2 and data["status"] in {"pass", "fail", "error"}, "the head")
    need((data["status"] == "error") == bool(data["message"]), "the message")
    for test in data["tests"]:
        need(len(test.get("output", "")) <= 500, "an output of more than 500 characters")
        need(test["status"] == "pass" or test["message"], "a failure without a message")


def markus(path):
    lines = text(path).splitlines()
    need(lines, "no test")
    for line in lines:
        data = json.loads(line)
        need(data["status"] in {"pass", "partial", "fail", "error"}, "the status")
        need(data["marks_earned"] >= 0 and data["marks_total"] >= 0, "the marks")


def submitty(path):
    data = json.loads(text(path))
    need(data["status"] == ("failure" if ungraded(path) else "success"), "the status")
    if data["status"] == "success":
        need(0 <= data["data"]["score"] <= 1, "the score")
        words = {m["status"] for m in data["data"]["message"]}
        need(words <= {"information", "failure", "warning", "success"}, "a status")


def github_output(path):
    for line in text(path).splitlines():
        need(re.fullmatch(r"[a-z-]+=[A-Za-z0-9.-]+", line), "a line that is not name=value")
