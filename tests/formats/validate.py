#!/usr/bin/env python3
"""Lets readers that nobody here wrote read every report format; `run.sh` makes what it needs.

    python tests/formats/validate.py GALLERY [--node NODE] [--junit-xsd FILE]

GALLERY holds reports as `report_gallery` writes them, and under `stored` those that `socklab report` wrote.
Prints who accepted and refused how many, and ends with 1 if a report was refused. Each reader must also refuse
one report that was damaged on purpose: one that accepts anything proves nothing. What is absent is skipped, loudly.
"""

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path

import platforms
import readers
from readers import text, ungraded, version


def changed(change):
    """A damage to a JSON document."""

    def damage(old):
        data = json.loads(old)
        change(data)
        return json.dumps(data)

    return damage


def put(*way):
    """Sets a value: `put("tests", 0, "color", "red")`."""

    def change(data):
        *path, last, value = way
        for step in path:
            data = data[step]
        data[last] = value

    return changed(change)


def entries(args, node):
    """Format, reader, its version, how it reads, and a damage that it must refuse."""
    attribute = lambda old: old.replace("<testcase ", '<testcase color="red" ', 1)
    yield "junit", "junitparser", version("junitparser"), readers.junit, lambda old: old[: len(old) // 2]
    if args.junit_xsd:
        yield "junit", "Jenkins xUnit plugin, junit-10.xsd (lxml)", version("lxml"), readers.xsd(args.junit_xsd), attribute
    else:
        print("SKIPPED: junit-10.xsd of Jenkins' xUnit plugin: no --junit-xsd")
    yield "json", "our schemas (jsonschema)", version("jsonschema"), readers.canonical, put("submission", 7)
    if node:
        package = lambda name: json.loads(text(args.node / "node_modules" / name / "package.json"))["version"]
        schema = next(args.node.glob("node_modules/ctrf/dist/ctrf-schema*.json"))
        extra = put("results", "surprise", 1)
        yield "ctrf", f"CTRF's {schema.name} (jsonschema)", version("jsonschema"), readers.ctrf_schema(schema), extra
        yield "ctrf", "npm ctrf, validateStrict", package("ctrf"), node.ctrf, extra
        yield "tap", "npm tap-parser, strict", package("tap-parser"), node.tap, lambda old: old + "what is this\n"
    else:
        print("SKIPPED: ctrf and tap-parser: no --node")
    picture = lambda old: old + "\n\n![x](http://evil.example/x.png)\n"
    yield "markdown", "cmarkgfm, GitHub's parser", version("cmarkgfm"), readers.markdown, picture
    yield "github-summary", "cmarkgfm, GitHub's parser", version("cmarkgfm"), readers.markdown, picture
    yield "csv", "Python's csv, strict", platform.python_version(), readers.table, lambda old: old + 'a,"b'
    script = lambda old: old.replace("</main>", "<script>1</script></main>")
    yield "html", "html5lib, strict", version("html5lib"), readers.html, script
    documented = "documented fields"
    schema = version("jsonschema")
    yield "gradescope", f"{documented} (jsonschema)", schema, platforms.gradescope, put("tests", 0, "color", "red")
    yield "prairielearn", documented, "", platforms.prairielearn, put("score", 2)
    yield "autolab", documented, "", platforms.autolab, lambda old: old.replace('"scores":{"', '"scores":{"TCP:')
    yield "vpl", documented, "", platforms.vpl, lambda old: old + "Grade :=>>100\n"
    yield "classroom50", documented, "", platforms.classroom50, put("score", 1.5)
    yield "github-classroom", documented, "", platforms.github_classroom, lambda old: old[: len(old) // 2]
    yield "exercism", documented, "", platforms.exercism, put("version", 9)
    yield "markus", documented, "", platforms.markus, lambda old: old.replace('"status":', '"state":')
    yield "submitty", documented, "", platforms.submitty, put("data", "score", 7)
    yield "github-output", documented, "", platforms.github_output, lambda old: old + "::error::x\n"


def files(gallery, name):
    stored = (p for p in gallery.glob(f"stored/{name}/**/*") if p.is_file() and "captures" not in p.parts)
    return sorted([*gallery.glob(f"*/{name}--*"), *stored])


def why_not(read, path):
    """Why a reader refuses a file; none if it takes it."""
    try:
        read(path)
    except Exception as error:  # any reader's own error type
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return None


def refuses_damaged(read, damage, path, folder, name):
    """Whether a reader refuses a damaged copy. Readers of npm read all at once, before: see `main`."""
    return why_not(read, damaged(damage, path, folder, name)) is not None


def damaged(damage, path, folder, name):
    copy = folder / name / path.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(damage(text(path)), encoding="utf-8")
    return copy


def example(paths):
    """The report to be damaged: of a submission that was graded and lost points."""
    return next(path for path in paths if path.parent.name == "one-failure" and not ungraded(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gallery", type=Path)
    parser.add_argument("--node", type=Path)
    parser.add_argument("--junit-xsd", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        failures = table(args, Path(folder))
    for failure in failures[:40]:
        print("REFUSED", failure)
    sys.exit(1 if failures else 0)


def table(args, folder):
    node = None
    if args.node:
        wanted = [(name, path) for name in ("ctrf", "tap") for path in files(args.gallery, name)]
        for name, damage in [("ctrf", put("results", "surprise", 1)), ("tap", lambda old: old + "what is this\n")]:
            wanted.append((name, damaged(damage, example(files(args.gallery, name)), folder, name)))
        node = readers.Node(args.node, wanted)
    failures = []
    print(f"{'format':17} {'reader':42} {'version':12} {'accepted':>8} {'refused':>8}  damaged")
    for name, reader, number, read, damage in entries(args, node):
        paths = files(args.gallery, name)
        reasons = {path: why_not(read, path) for path in paths}
        refused = {path: why for path, why in reasons.items() if why}
        failures += [f"{name} by {reader}: {path.relative_to(args.gallery)}: {why}" for path, why in refused.items()]
        stored = any("stored" in path.parts for path in paths)
        if not stored or len(paths) < 7:
            failures.append(f"{name}: only {len(paths)} reports, of a stored run: {stored}")
        held = refuses_damaged(read, damage, example(paths), folder, name)
        if not held:
            failures.append(f"{name} by {reader}: a damaged report was accepted")
        accepted = len(paths) - len(refused)
        print(f"{name:17} {reader:42} {number:12} {accepted:8} {len(refused):8}  {'refused' if held else 'ACCEPTED'}")
    return failures


if __name__ == "__main__":
    main()
