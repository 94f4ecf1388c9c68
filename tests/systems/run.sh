#!/bin/sh
# run.sh [NAME...]: builds, boots and checks every system that says what it prints; only those named if any are.
#
# Beside NAME.adl lies NAME.expected, or expected.txt for all systems of the folder: lines that must be printed, exactly, in this order, with others in between.
# A blank line begins a new sequence, whose order relative to the others does not matter.  The machine must power
# off by itself.  A system with a group is tested as it is written, and with all of the group's connections direct
# and all rpc: the output is the same.  Two at a time; logs in build/logs/systems.
#
# NAME.qemu beside it holds further options for QEMU (tools/qemu.sh --options); with a line "# el2" in it the machine starts at EL2, with "# gic2" it has a GICv2.
# NAME.input beside it is typed on the console, line by line.
# NAME.check beside it is run afterwards with the folder of the image and of the disks that the options name, and prints what is wrong.
#     SYSTEMS_KERNEL=debug    with the debug kernel     SYSTEMS_QEMU="--gic 2 ..."    further options of tools/qemu.sh
# Last line: "N passed, N failed"; status 1 if any failed.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
export BUILD
logs=$BUILD/logs/systems
work=${BUILD#"$PWD"/}/systems/test
seconds=120

# check EXPECTED LOG: prints the first line of each sequence that is missing; status 1 if there is any.
check() {
    awk '
        FNR == NR { sub(/\r$/, ""); line[++lines] = $0; next }
        { sub(/\r$/, "") }
        $0 == "" { at = 0; lost = 0; next }
        lost { next }
        {
            while (++at <= lines && line[at] != $0) { }
            if (at > lines) { print "missing: " $0; lost = 1; bad = 1 }
        }
        END { exit bad }' "$2" "$1"
}

# one FILE [OPTION]: test one system; prints a line.
one() {
    file=$1
    option=${2:-}
    name=$(basename "$file" .adl)${option:+-${option#--force=}}
    log=$logs/$name.log
    why=
    SYSTEM_DIR=$work/$name tools/build-system.sh "$file" ${option:+"$option"} >"$log" 2>&1 || why="does not build"
    if [ ! "$why" ]; then
        status=0
        image=$work/$name/image${SYSTEMS_KERNEL:+-$SYSTEMS_KERNEL}.img
        devices=${file%.adl}.qemu
        [ -f "$devices" ] || devices=
        el2=
        [ ! "$devices" ] || ! grep -q '^# el2$' "$devices" || el2=--el2
        [ ! "$devices" ] || ! grep -q '^# gic2$' "$devices" || el2="$el2 --gic 2"
        input=${file%.adl}.input
        [ -f "$input" ] || input=
        # shellcheck disable=SC2086 # several options
        tools/qemu.sh "$image" --icount --timeout $seconds $el2 ${input:+--input "$input"} ${devices:+--options "$devices"} ${SYSTEMS_QEMU:-} >"$log" 2>&1 || status=$?
        expected=${file%.adl}.expected
        [ -f "$expected" ] || expected=$(dirname "$file")/expected.txt
        why=$(check "$expected" "$log" | head -n 1)
        [ "$why" ] || [ $status = 0 ] || why="did not power off, status $status"
        checker=${file%.adl}.check
        [ "$why" ] || [ ! -f "$checker" ] || why=$(sh "$checker" "$work/$name" 2>&1 | head -n 1)
        ! grep -aqE '^(FAILED|[Pp]anic)' "$log" || why="$(grep -aE '^(FAILED|[Pp]anic)' "$log" | head -n 1 | tr -d '\r')"
    fi
    if [ "$why" ]; then
        echo "FAIL $name: $why"
    else
        times >"$log.cost" # processor time of all that was started here
        echo "ok   $name ($(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4 + 0.5) }' "$log.cost") s)"
        rm -f "$log.cost"
        rm -rf "${work:?}/$name"
    fi
}

if [ "${1:-}" = --one ]; then
    shift
    one "$@"
    exit 0
fi

mkdir -p "$logs"
results=$(mktemp)
trap 'rm -f "$results"' EXIT INT TERM
find systems servers drivers linux tests vmm -name '*.expected' -o -name expected.txt | sort | while read -r expected; do
    case $expected in
    */expected.txt) grep -lE '^system ' "$(dirname "$expected")"/*.adl ;;
    *) echo "${expected%.expected}.adl" ;;
    esac
done | while read -r file; do
    [ $# -eq 0 ] || case " $* " in *" $(basename "$file" .adl) "*) ;; *) continue ;; esac
    echo "$file"
    if grep -qE '^ *group ' "$file"; then
        echo "$file --force=direct"
        echo "$file --force=rpc"
    fi
done | xargs -P 2 -L 1 "$0" --one >"$results"
sort "$results"
awk '/^ok/ { p++ } /^FAIL/ { f++ } END { printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0 }' "$results"
