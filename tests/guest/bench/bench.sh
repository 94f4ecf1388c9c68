#!/bin/sh
# ./tessera bench guest: instructions of Debian's kernel in a guest of Tessera's, beside the same kernel natively at EL1 in the same QEMU,
# by the same programs on the same disk; and what KVM and Xen need.
#     bench.sh [--check] [--native] [--stored]
# Prints the table (rows: tests/guest/bench/rows), writes $BUILD/bench-guest.json.  --check: fails when a row misses its target.
# --native: only natively.  --stored: the native figures are those of tests/guest/bench/native, as another run has left them in
# $BUILD/bench/guest/native: they change only with Debian; and two virtual CPUs are left out: who spins for a lock whose
# owner was preempted does so for its whole slice, which makes one run in ten differ by more than the target allows (docs/guests.md).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
BUILD=${BUILD:-$top/build}
check= native= stored=
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=1 ;;
    --native) native=1 ;;
    --stored) stored=$here/native ;;
    *)
        echo "usage: $0 [--check] [--native] [--stored]" >&2
        exit 2
        ;;
    esac
    shift
done
out=$BUILD/bench/guest
guest=$top/.cache/arm64/guest
rootfs=$top/tools/rootfs.sh
cd "$top"
rm -rf "$out"
mkdir -p "$out/put/usr/bin"
for program in linux/bench/bench guest/bench/guestbench; do
    [ -x "$BUILD/tests/$program" ] || {
        echo "bench: no $BUILD/tests/$program (ninja -C build)" >&2
        exit 2
    }
    aarch64-linux-gnu-strip -o "$out/put/usr/bin/$(basename $program)" "$BUILD/tests/$program"
done
cp --sparse=always "$("$rootfs" base)" "$out/disk.img"
"$rootfs" put "$out/disk.img" "$out/put"
"$top/tools/guest.sh" >&2
count=$BUILD/tools/bench/count.so,lean=on

# command SYSTEM: what the guest of that system is told on its command line, without its console.
command() {
    sed -n 's/.*command = "console=hvc0 \(.*\)";.*/\1/p' "$here/guest$1.adl"
}

# ended FILE STATUS: gives up, with the console, when the run failed.
ended() {
    [ "$2" = 0 ] || {
        tail -n 20 "$out/$1" >&2
        echo "bench: the run $1 ended with status $2" >&2
        exit 1
    }
}

# run_native NAME CPUS: random numbers come from the device tree, as in the guest, and are the same each time.
run_native() {
    status=0
    "$top/tools/qemu.sh" "$guest/image" --memory 128M --no-iommu --icount --timeout 300 -- -smp "$2" -machine dtb-randomness=on -seed 1 \
        -plugin "$count,cpus=$2,out=$out/native-$1.counts" -initrd "$guest/initrd" \
        -drive "file=$out/disk.img,format=raw,if=none,id=root,snapshot=on" -device virtio-blk-device,drive=root \
        -append "console=ttyAMA0 panic=-1 $(command "$1")" >"$out/native-$1" || status=$?
    ended "native-$1" "$status"
}

# address SYMBOL: where the kernel has it.
address() {
    aarch64-linux-gnu-nm "$BUILD/kernel/kernel.elf" | awk -v name="$1" '$3 == name { print $1 }'
}

run_guest() {
    status=0
    "$top/tools/build-system.sh" "$here/guest$1.adl" >&2
    cp --sparse=always "$out/disk.img" "$out/disk-$1.img"
    "$top/tools/qemu.sh" "$BUILD/systems/guest$1/image.img" --el2 --icount --timeout 300 --options "$here/guest$1.qemu" \
        --disk "root=$out/disk-$1.img" -- \
        -plugin "$count,watch=$(address guest_sync),watch=$(address guest_irq),out=$out/guest-$1.counts" >"$out/guest-$1" || status=$?
    rm -f "$out/disk-$1.img"
    ended "guest-$1" "$status"
}

set --
if [ ! "$stored" ]; then
    run_native one 1
    run_native pair 2
    set -- side=native run=one "$out/native-one" "$out/native-one.counts" run=pair "$out/native-pair" "$out/native-pair.counts"
fi
if [ ! "$native" ]; then
    run_guest one
    set -- "$@" side=guest run=one "$out/guest-one" "$out/guest-one.counts"
    if [ ! "$stored" ]; then
        run_guest pair
        set -- "$@" run=pair "$out/guest-pair" "$out/guest-pair.counts"
    fi
fi
rm -f "$out/disk.img"
: >"$out/misses"
awk -v json="$BUILD/bench-guest.json" -v misses="$out/misses" ${stored:+-v stored="$stored"} -f "$here/table.awk" "$here/rows" "$@"
sed -n 's/.*"key": "\([^"]*\)", "native": \([0-9.]*\),.*/\1 \2/p' "$BUILD/bench-guest.json" >"$out/native"
for name in one pair; do
    [ ! -f "$out/guest-$name" ] || sed -n "s/^vmm: the guest is off; exits:/exits to the monitor, whole run $name:/p" "$out/guest-$name" | tr -d '\r'
done
if [ -s "$out/misses" ]; then
    echo
    echo "bench: rows that miss their target:"
    sed 's/^/    /' "$out/misses"
    [ ! "$check" ] || exit 1
fi
