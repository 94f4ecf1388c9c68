#!/bin/sh
# The pictures of systems in docs/pictures are those of today's systems: NAME.dot is what compose draws, and NAME.svg was
# made of it.  The picture of the terminal, devbox.svg, is drawn from devbox.recorded: what the terminal got while the lines of
# devbox.typed were typed at the prompt of ./tessera run.
#     pictures.sh [--write]   makes them anew (needs graphviz)
#     pictures.sh --record    boots the devbox on a new disk, types the lines, and draws what came
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/build}
terminal=docs/pictures/devbox
columns=96
bad=0
if [ "${1:-}" = --record ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    tools/system.sh build systems/devbox/devbox.adl >&2
    cp --sparse=always "$(tools/rootfs.sh base)" "$work/disk.img"
    docs/terminal.py record ${columns}x30 $terminal.typed -- \
        tools/devbox.sh run "$BUILD/systems/devbox/image.img" systems/devbox/devbox.qemu --el2 --disk "$work/disk.img" >"$work/recorded"
    cp "$work/recorded" $terminal.recorded
    docs/terminal.py draw $columns $terminal.recorded >"$work/svg"
    cp "$work/svg" $terminal.svg
    exit
fi
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
if [ "${1:-}" = --write ]; then
    docs/terminal.py draw $columns $terminal.recorded >$terminal.svg
elif ! docs/terminal.py draw $columns $terminal.recorded | diff -q $terminal.svg - >/dev/null; then
    echo "FAIL $terminal.svg is not what $terminal.recorded looks like: docs/pictures.sh --write"
    bad=1
fi
# What was typed last is what was recorded.
docs/terminal.py typed $terminal.recorded | diff $terminal.typed - || {
    echo "FAIL $terminal.recorded is not of the lines of $terminal.typed: docs/pictures.sh --record"
    bad=1
}
exit $bad
