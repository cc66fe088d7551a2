#!/usr/bin/env bash
# Makes the pictures of the README from real runs: docs/pictures/make.sh SOCKLAB
#
# Needs Python 3 and Chromium; CHROMIUM names the browser. The pictures together stay below 300 kB.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
socklab=$(realpath "$1")
chromium=${CHROMIUM:-$(command -v chromium || command -v google-chrome)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cp -r "$here/../../tests/submissions/echo/tcp-echo-server/str-not-bytes" my-server
command="socklab check tcp-echo-server my-server"
# Points are lost: the exit status is 1.
"$socklab" --color always ${command#socklab } --seed 7 >output || [ $? = 1 ]
python3 "$here/ansi2svg.py" "$command" <output >"$here/terminal.svg"

"$socklab" check tcp-echo-server my-server --seed 7 --format html >report.html || [ $? = 1 ]
"$socklab" grade tcp-echo-server "$here/../../tests/class" --out run >grading.log 2>&1
"$socklab" report run --format html --out reports 2>>grading.log
picture() { # picture PAGE WIDTH HEIGHT NAME
  "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile" --hide-scrollbars \
    --window-size="$2,$3" --screenshot="$here/$4" "file://$work/$1" 2>>chromium.log
}
picture report.html 1000 1150 report.png
picture reports/html/class.html 1200 900 class.png

total=$(cat "$here"/*.svg "$here"/*.png | wc -c)
echo "$total bytes"
[ "$total" -lt 300000 ]
