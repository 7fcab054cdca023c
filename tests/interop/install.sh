#!/bin/sh
# Installs the clients into the directory given, from their registries: those for Python each into a virtual
# environment of its own (their requirements contradict one another), those for Node into node_modules, those for Go
# as a program.
set -e
here=$(dirname "$0") to=$1
"$here/../install-deps.sh" python3-venv
command -v npm >/dev/null || "$here/../install-deps.sh" nodejs npm
mkdir -p "$to"
for list in "$here"/requirements/*.txt; do
    venv=$to/$(basename "$list" .txt)
    [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list"
done
cp "$here/package.json" "$to"
npm install --silent --no-audit --no-fund --no-package-lock --prefix "$to"
command -v go >/dev/null || "$here/../install-deps.sh" golang-go
mkdir -p "$to/nexus"
to=$(cd "$to" && pwd)
# A guest among the clients: the tests say when it was not to be had, and go on.
rm -f "$to/nexus/nexus"
(cd "$here/nexus" && go build -o "$to/nexus/nexus") || echo "nexus: its module was not to be had" >&2
