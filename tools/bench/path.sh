#!/bin/sh
# Show where the instructions of a row go: every instruction of one measured round, with function, line and encoding.
#     path.sh ROW [EL]      ROW: key of a counted row in tools/bench/rows; EL: 1 (default) or 2
# First the kernel's instructions per function, in order of first execution, then the path itself.
set -eu
here=$(dirname "$0")
. "$here/emulate.sh"

row=${1:?usage: path.sh ROW [EL]}
el=${2:-1}
out=$BUILD/bench
kernel=$BUILD/kernel/kernel.elf
mkdir -p "$out"

id=$(awk -F'|' -v row="$row" '/^#/ || NF < 8 { next } { n++; gsub(/[ \t]/, "", $1) } $1 == row { print n }' "$here/rows")
if [ -z "$id" ]; then
    echo "path.sh: no row $row in $here/rows" >&2
    exit 2
fi

# The 16th round: everything is warm.
count_run "$el" "$(count_cpu "$el")" "$BUILD/bench.img" "out=$out/path,trace=$id:16" >/dev/null
grep '^T ' "$out/path" | cut -d' ' -f2 >"$out/path.addresses" || {
    echo "path.sh: the row was not measured 16 times" >&2
    exit 1
}

# One line per address: inlined functions from the inside out, joined by <.
sort -u "$out/path.addresses" | grep '^ff' >"$out/path.kernel" || true
aarch64-linux-gnu-addr2line -a -f -i -s -e "$kernel" <"$out/path.kernel" | awk '
    function flush() { if (address != "") print address "\t" line "\t" names }
    /^0x/ { flush(); address = substr($0, 3); sub(/^0+/, "", address); names = line = ""; next }
    name == "" { name = $0; next }
    { names = names (names == "" ? "" : " < ") name; if (line == "") { line = $1 } name = "" }
    END { flush() }' >"$out/path.lines"
aarch64-linux-gnu-objdump -d --no-show-raw-insn "$kernel" | awk -F'\t' '
    /^ *[0-9a-f]+:\t/ { a = $1; gsub(/[ :]/, "", a); t = $2 " " $3; sub(/ *<.*/, "", t); print a "\t" t }' >"$out/path.code"

awk -F'\t' '
    FILENAME == ARGV[1] { line[$1] = $2; names[$1] = $3; next }
    FILENAME == ARGV[2] { code[$1] = $2; next }
    {
        kernel = $1 ~ /^ff/
        f = kernel ? names[$1] : "(user)"
        n = split(f, part, " < ")
        f = kernel ? (n ? part[1] : "?") : f
        if (!(f in count)) { order[++functions] = f }
        count[f]++
        total[kernel]++
        step[NR] = sprintf("%5d  %-16s %-40s %-22s %s", total[1], $1, kernel ? code[$1] : "(user)", line[$1], names[$1])
        last = NR
    }
    END {
        printf "%d kernel instructions, %d user\n\n", total[1], total[0]
        for (i = 1; i <= functions; i++) { printf "%6d  %s\n", count[order[i]], order[i] }
        print ""
        for (i = 1; i <= last; i++) { if (i in step) { print step[i] } }
    }' "$out/path.lines" "$out/path.code" "$out/path.addresses"
