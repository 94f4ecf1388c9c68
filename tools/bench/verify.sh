#!/bin/sh
# Verify the counting plugin: what it says about a program of known length (tests/bench/known.S) must be exact.
set -eu
here=$(dirname "$0")
. "$here/emulate.sh"

out=$BUILD/bench
mkdir -p "$out"
for el in 1 2; do
    # cortex-a76 at both levels: the program uses an instruction of ARMv8.1.
    LIMIT=30 count_run "$el" cortex-a76 "$BUILD/tests/bench/known.elf" "out=$out/known$el,cover=on" >/dev/null
    if ! grep '^[ISJ] ' "$out/known$el" | diff "$here/../../tests/bench/known.expect" - >&2; then
        echo "bench: the counter is wrong at EL$el" >&2
        exit 1
    fi
done
echo "bench: the counter is exact on the known program (2001 = 2001)"
