#!/bin/sh
# ./tessera bench: exact instruction counts of the kernel's operations, beside its peers' and the targets.
#     bench.sh [--check]
# Prints the table (rows: tools/bench/rows), writes $BUILD/bench.json.  --check: fails when a row misses its target.
# Fails in any case when the counter is not exact or the benchmark does not come to its end.
set -eu
here=$(dirname "$0")
. "$here/emulate.sh"

check=no
case ${1-} in
'') ;;
--check) check=yes ;;
*)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac

# code_lines FOLDER [SUBFOLDERS]: lines of C and assembly without comments and blank lines, tests left out.
code_lines() {
    cloc --quiet --csv --include-lang='C,C/C++ Header,Assembly' --fullpath --not-match-d="/(test|${2:-test})(/|\$)" "$1" |
        awk -F, '$2 == "SUM" { print $5 }'
}

out=$BUILD/bench
kernel=$BUILD/kernel/kernel.elf
image=$BUILD/bench.img

sh "$here/verify.sh"

for el in 1 2; do
    if ! count_run "$el" "$(count_cpu "$el")" "$image" "out=$out/el$el" >"$out/console$el" ||
        ! grep -q '^P 1 ' "$out/el$el"; then
        cat "$out/console$el" >&2
        echo "bench: the benchmark did not come to its end at EL$el" >&2
        exit 1
    fi
done

# The systems with marks in their components: their counts join those of the same exception level.
for adl in tests/bench/glue/glue.adl systems/router/protected.adl systems/router/stack.adl systems/router/direct.adl tests/bench/net/net.adl tests/bench/net/mux.adl tests/bench/block/blockcost.adl; do
    system=$(basename "$adl" .adl)
    "$here/../build-system.sh" "$adl"
    devices=$(cat "${adl%.adl}.qemu" 2>/dev/null | tr "\n" " ")
    for el in 1 2; do
        file=$BUILD/systems/$system/image.img
        # shellcheck disable=SC2086 # several options
        if ! count_run "$el" "$(count_cpu "$el")" "$file" "out=$out/$system$el" $devices >"$out/console-$system$el"; then
            cat "$out/console-$system$el" >&2
            echo "bench: system $system did not come to its end at EL$el" >&2
            exit 1
        fi
        grep '^I 1[0-9][0-9][0-9] ' "$out/$system$el" >>"$out/el$el"
    done
done

{
    aarch64-linux-gnu-size -A "$kernel" | awk '$1 ~ /^\.text/ { n += $2 } END { print "text", n }'
    { sh "$here/../check/lines.sh" || true; } | awk '{ print "lines", $1; print "guests", $(NF - 2) + 0 }'
    top=$here/../..
    # The C that compose prints lies in templates, and what these read in a table: they are part of it.
    echo "compose $(($(code_lines "$top/compose") + $(cat "$top"/compose/glue/*.template "$top/compose/fields.def" |
        grep -vcE '^ *(@#.*|/?\*.*)?$')))"
    echo "supervisor $(code_lines "$top/servers/supervisor")"
    # what runs: the loader is gone by then; kernel/vm only where a vCPU is made
    echo "trusted $(($(code_lines "$top/kernel" '(loader|debug|vm|arch/none)') + $(code_lines "$top/servers/supervisor") + $(code_lines "$top/lib/tess") + $(code_lines "$top/lib/comp/dist_ok.c")))"
} >"$out/facts"

awk -v json="$BUILD/bench.json" -v misses="$out/misses" -f "$here/table.awk" \
    "$here/rows" "$out/facts" el=1 "$out/el1" el=2 "$out/el2"

if [ -s "$out/misses" ]; then
    echo
    echo "bench: rows that miss their target:"
    sed 's/^/    /' "$out/misses"
    if [ "$check" = yes ]; then
        exit 1
    fi
else
    echo "bench: every row meets its target"
fi
