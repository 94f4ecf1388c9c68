#!/bin/sh
# The pictures of systems in docs/pictures are those of today's systems: NAME.dot is what compose draws, and NAME.svg was
# made of it.
#     pictures.sh [--write]   makes them anew (needs graphviz)
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/build}
bad=0
for pair in router=systems/router/stack.adl kills=tests/recovery/kills.adl; do
    name=docs/pictures/${pair%%=*}
    if [ "${1:-}" = --write ]; then
        "$BUILD/compose/compose" --report=graph "${pair#*=}" >"$name.dot"
        dot -Tsvg "$name.dot" >"$name.svg"
    elif ! "$BUILD/compose/compose" --report=graph "${pair#*=}" | diff "$name.dot" - || [ ! -s "$name.svg" ]; then
        echo "FAIL $name is not what ${pair#*=} looks like: docs/pictures.sh --write"
        bad=1
    fi
done
exit $bad
