#!/bin/sh
# The pictures of systems in docs/pictures are those of today's systems: NAME.dot is what compose draws, and NAME.svg was
# made of it.  The pictures of terminals, devbox.svg and twovm.svg, are drawn from what the terminal got, .recorded, while the lines of
# .typed were typed at the prompt of ./tessera run and ./tessera run twovm.
#     pictures.sh [--write]           makes them anew (needs graphviz)
#     pictures.sh --record [SYSTEM]   boots the system on a new disk, types the lines, and draws what came
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/build}
terminals="devbox twovm"
columns=96
bad=0
if [ "${1:-}" = --record ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    for system in ${2:-$terminals}; do
        terminal=docs/pictures/$system
        tools/system.sh build systems/$system/$system.adl >&2
        cp --sparse=always "$(tools/rootfs.sh base)" "$work/disk.img"
        docs/terminal.py record ${columns}x34 $terminal.typed -- \
            tools/devbox.sh run "$BUILD/systems/$system/image.img" systems/$system/$system.qemu --el2 --disk "$work/disk.img" >"$work/recorded"
        cp "$work/recorded" $terminal.recorded
        docs/terminal.py draw $columns $terminal.recorded >"$work/svg"
        cp "$work/svg" $terminal.svg
    done
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
for system in $terminals; do
    terminal=docs/pictures/$system
    if [ "${1:-}" = --write ]; then
        docs/terminal.py draw $columns $terminal.recorded >$terminal.svg
    elif ! docs/terminal.py draw $columns $terminal.recorded | diff -q $terminal.svg - >/dev/null; then
        echo "FAIL $terminal.svg is not what $terminal.recorded looks like: docs/pictures.sh --write"
        bad=1
    fi
    # What was typed last is what was recorded; a console that comes back shows its lines again.
    docs/terminal.py typed $terminal.recorded | grep -v '^\[console' | sort -u >"$BUILD/recorded.lines"
    grep -vxF '^]' $terminal.typed | sort -u | diff - "$BUILD/recorded.lines" || {
        echo "FAIL $terminal.recorded is not of the lines of $terminal.typed: docs/pictures.sh --record"
        bad=1
    }
done
exit $bad
