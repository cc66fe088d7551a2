#!/usr/bin/env bash
# Records the session of docs/students.md from real runs: docs/pictures/session.sh SOCKLAB. Needs Python 3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python3 "$here/session.py" "$1" | python3 "$here/ansi2svg.py" "mkdir lab; cd lab" >"$here/session.svg"
