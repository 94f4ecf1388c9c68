#!/bin/sh
# Which instructions of the shipped kernel ran, and which conditional branches went both ways.
#     coverage.sh RECORDS...     outputs of the counting plugin with cover=on, all of the release kernel
# Prints the share of instructions and branches, then every function with instructions that never ran, worst first.
set -eu
here=$(dirname "$0")
. "$here/emulate.sh"
kernel=$BUILD/kernel/kernel.elf
mkdir -p "$BUILD/bench"

[ $# -gt 0 ] || {
    echo "usage: $0 RECORDS..." >&2
    exit 2
}
aarch64-linux-gnu-objdump -d "$kernel" >"$BUILD/bench/coverage.code"
awk '
    FILENAME != ARGV[ARGC - 1] && $1 == "C" { ran[$2] = 1; next }
    FILENAME != ARGV[ARGC - 1] && $1 == "J" { taken[$2] += $3; fell[$2] += $4; next }
    FILENAME != ARGV[ARGC - 1] { next }
    /^[0-9a-f]+ <.*>:$/ { f = substr($2, 2, length($2) - 3); next }
    /^ *[0-9a-f]+:\t/ {
        a = $1
        sub(/:/, "", a)
        if ($3 == "udf" || $3 == ".word" || $3 == ".inst") { next } # data between functions
        if ($3 == "nop" && !(a in ran)) { next }                    # alignment
        all++
        of[f]++
        if (a in ran) { hit++ } else { missed[f]++ }
        if ($3 ~ /^(b\.|cbn?z|tbn?z)/) {
            branches += 2
            both += (taken[a] > 0) + (fell[a] > 0)
        }
    }
    END {
        printf "instructions run: %d of %d, %.1f %%\n", hit, all, 100 * hit / all
        printf "branch directions taken: %d of %d, %.1f %%\n", both, branches, 100 * both / branches
        for (f in missed) { printf "%6d of %5d  %s\n", missed[f], of[f], f | "sort -rn" }
    }' "$@" "$BUILD/bench/coverage.code"
