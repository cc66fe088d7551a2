#!/usr/bin/env bash
# Lets readers that nobody here wrote read every report format: tests/formats/run.sh GALLERY-PROGRAM SOCKLAB [FOLDER]
#
# GALLERY-PROGRAM is the example `report_gallery`. Packages of PyPI and npm go into FOLDER (usual: a temporary one,
# removed at the end). Where a registry cannot be reached or no browser is there, that part is SKIPPED.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gallery_program=$1 socklab=$2
if [ $# -gt 2 ]; then
  work=$3
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
gallery=$work/gallery node=$work/node
skip() { echo "SKIPPED: $*"; }

rm -rf "$gallery"
"$gallery_program" "$gallery" 2>"$work/refusals"
# Every format once more, as the program itself writes it from a run on disk.
formats=$(cd "$gallery/one-failure" && for file in *--*; do echo "--format ${file%%--*}"; done)
# shellcheck disable=SC2086 # the words are options
CLASSROOM=net-f26 ASSIGNMENT=tcp-echo-server "$socklab" report "$gallery/run" $formats --each --out "$gallery/stored" 2>>"$work/refusals"

python_packages() {
  [ -x "$work/venv/bin/check-jsonschema" ] && return
  python3 -m venv "$work/venv" &&
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 -r "$here/requirements.txt"
}
# pytest's source archive carries the schema of Jenkins' xUnit plugin.
jenkins_schema() {
  [ -f "$work/junit-10.xsd" ] && return
  "$work/venv/bin/pip" download --quiet --disable-pip-version-check --retries 1 --no-deps --no-binary :all: \
    --dest "$work" pytest==8.4.2 &&
    tar -xzf "$work/pytest-8.4.2.tar.gz" -C "$work" --strip-components 3 pytest-8.4.2/testing/example_scripts/junit-10.xsd
}
node_packages() {
  [ -d "$node/node_modules/axe-core" ] && return
  mkdir -p "$node" && cp "$here/package.json" "$node/" &&
    (cd "$node" && npm install --no-audit --no-fund --silent --fetch-retries 1)
}
node_packages >"$work/npm.log" 2>&1 &
npm=$!
options=()
if python_packages >"$work/pip.log" 2>&1; then
  jenkins_schema >"$work/xsd.log" 2>&1 && options+=(--junit-xsd "$work/junit-10.xsd")
  if wait "$npm"; then
    options+=(--node "$node")
  else
    skip "readers of npm: $(tail -n 1 "$work/npm.log")"
  fi
  "$work/venv/bin/python" "$here/validate.py" "$gallery" "${options[@]}"
  "$work/venv/bin/check-jsonschema" --builtin-schema vendor.github-actions "$here/../../action.yml"
  "$work/venv/bin/python" "$here/snippets.py" "$work/snippets"
  cluster=$here/../../docs/cluster
  "$work/venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$work"/snippets/github-*.yml "$cluster/github.yml"
  "$work/venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci "$work"/snippets/gitlab-*.yml "$cluster/gitlab.yml"
  "$work/venv/bin/kubernetes-validate" --kubernetes-version 1.33 --strict "$cluster/kubernetes.yaml"
else
  wait "$npm" || true
  skip "all readers of reports: $(tail -n 1 "$work/pip.log")"
fi

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ] || [ ! -d "$node/node_modules/axe-core" ]; then
  skip "the HTML pages in a browser: there is no Chromium, or npm has no axe-core"
else
  (cd "$node" && CHROMIUM=$chromium node "$here/browser.mjs" "$work/pictures" \
    "$gallery"/{full-marks,one-failure,does-not-compile,hostile,awkward-instructor,class-200}/html--*.html)
  (cd "$node" && QUICK=1 CHROMIUM=$chromium node "$here/browser.mjs" "$work/pictures" "$gallery"/class-1000/html--class.html)
fi
