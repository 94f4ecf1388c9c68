#!/bin/sh
# ./tessera bench linux: instructions of Linux's operations, on Debian's kernel and on Tessera, by the same program in the same
# QEMU, both without a hypervisor.
#     bench.sh [--check] [--native] [--stored]
# Prints the table (rows: tests/linux/bench/rows), writes $BUILD/bench-linux.json.  --check: fails when a row misses its target.
# --native: Debian's kernel only.  --stored: Debian's figures are those of tests/linux/bench/debian, as another run has left them in
# $BUILD/bench/linux/debian: they change only with Debian.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
BUILD=${BUILD:-$top/build}
check= native= stored=
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=1 ;;
    --native) native=1 ;;
    --stored) stored=$here/debian ;;
    *)
        echo "usage: $0 [--check] [--native] [--stored]" >&2
        exit 2
        ;;
    esac
    shift
done
out=$BUILD/bench/linux
rootfs=$top/tools/rootfs.sh
rm -rf "$out"
mkdir -p "$out/put/usr/bin"
program=$BUILD/tests/linux/bench/bench
[ -x "$program" ] || {
    echo "bench: no $program (ninja -C build)" >&2
    exit 2
}
aarch64-linux-gnu-strip -o "$out/put/usr/bin/bench" "$program"
cp --sparse=always "$("$rootfs" base)" "$out/disk.img"
"$rootfs" put "$out/disk.img" "$out/put"
command='ip link set lo up 2>/dev/null; cd /tmp && exec /usr/bin/bench'

# ended SIDE STATUS: gives up, with the console, when the run failed.
ended() {
    [ "$2" = 0 ] || {
        tail -n 20 "$out/$1" >&2
        echo "bench: the run on $1 ended with status $2" >&2
        exit 1
    }
}

set --
status=0
if [ ! "$stored" ]; then
    "$top/tools/linux.sh" --icount --timeout 300 --plugin "$BUILD/tools/bench/count.so,out=$out/linux.counts" \
        --disk "$out/disk.img" -- sh -c "busybox $command" >"$out/linux" || status=$?
    ended linux "$status"
    set -- side=linux "$out/linux" "$out/linux.counts"
fi
if [ ! "$native" ]; then
    system=$top/systems/devbox/devbox
    "$top/tools/system.sh" build "$system.adl" >&2
    "$top/tools/devbox.sh" run "$BUILD/systems/devbox/image.img" "$system.qemu" --cpu cortex-a72 --disk "$out/disk.img" --icount --timeout 300 \
        --plugin "$BUILD/tools/bench/count.so,out=$out/tessera.counts" -- sh -c "busybox $command" >"$out/tessera" || status=$?
    ended tessera "$status"
    set -- "$@" side=tessera "$out/tessera" "$out/tessera.counts"
fi
: >"$out/misses"
awk -v json="$BUILD/bench-linux.json" -v misses="$out/misses" ${stored:+-v stored="$stored"} -f "$here/table.awk" "$here/rows" "$@"
sed -n 's/.*"key": "\([^"]*\)", "linux": \([0-9.]*\),.*/\1 \2/p' "$BUILD/bench-linux.json" >"$out/debian"
if [ -s "$out/misses" ]; then
    echo
    echo "bench: rows that miss their target:"
    sed 's/^/    /' "$out/misses"
    [ ! "$check" ] || exit 1
fi
