#!/usr/bin/env python3
"""Takes the YAML snippets out of the pages in `docs/formats`, so that they can be checked."""

import re
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for page in sorted((REPO / "docs" / "formats").glob("*.md")):
        for i, body in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)):
            kind = "github" if "runs-on:" in body else "gitlab" if "script:" in body else None
            if kind:
                (out / f"{kind}-{page.stem}-{i}.yml").write_text(body, encoding="utf-8")
                count += 1
    print(f"{count} snippets of workflows and pipelines")


if __name__ == "__main__":
    main()
