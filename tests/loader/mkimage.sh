#!/bin/sh
# mkimage refuses what it cannot make a bootable image of, says why, and leaves no half image behind.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
mkimage=$BUILD/tools/mkimage
loader=$BUILD/kernel/loader/loader.bin
kernel=$BUILD/kernel/kernel.elf
root=$BUILD/hello.elf
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME STATUS PATTERN ARGUMENTS...: mkimage with these arguments ends so and says that.
check() {
    name=$1 expected=$2 pattern=$3
    shift 3
    "$mkimage" "$@" >"$work/out" 2>&1
    status=$?
    if [ "$status" = "$expected" ] && grep -q "$pattern" "$work/out" &&
        { [ "$status" = 0 ] || [ ! -e "$work/x.img" ]; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: status $status: $(head -n 1 "$work/out")"
    fi
    rm -f "$work/x.img"
}

: >"$work/empty"
head -c 100 "$loader" >"$work/short"
cp "$kernel" "$work/foreign"
printf '\076\000' | dd of="$work/foreign" bs=1 seek=18 conv=notrunc 2>/dev/null
x=$work/x.img
echo ok >"$work/out"
check "help is given" 0 '^usage: mkimage' --help
check "too few arguments are refused" 2 '^usage: mkimage' "$x" "$loader"
check "a missing file is named" 1 "mkimage: $work/none: No such file" "$x" "$loader" "$work/none" "$root"
check "an empty file is refused" 1 'empty: empty' "$x" "$loader" "$kernel" "$work/empty"
check "something that is no loader is refused" 1 'not a loader (no arm64' "$x" "$kernel" "$kernel" "$root"
check "half a loader is refused" 1 'not a loader (its size' "$x" "$work/short" "$kernel" "$root"
check "a kernel that is no ELF file is refused" 1 'loader.bin: not an aarch64 ELF' "$x" "$loader" "$loader" "$root"
check "a program of another machine is refused" 1 'foreign: not an aarch64 ELF' "$x" "$loader" "$kernel" "$work/foreign"
check "a module without a name is refused" 1 'NAME=FILE' "$x" "$loader" "$kernel" "$root" "$root"
check "a module with an empty name is refused" 1 'NAME=FILE' "$x" "$loader" "$kernel" "$root" "=$root"
check "a name is used once" 1 'already there' "$x" "$loader" "$kernel" "$root" "a=$root" "a=$root"
check "the kernel's name is taken" 1 'already there' "$x" "$loader" "$kernel" "$root" "kernel=$root"
check "a long name is refused" 1 'longer than 31' "$x" "$loader" "$kernel" "$root" "12345678901234567890123456789012=$root"
check "an output that cannot be written is named" 1 'none/x.img: No such file' "$work/none/x.img" "$loader" "$kernel" "$root"

# A good one: the size in the header is the file's, and the same input gives the same bytes.
if "$mkimage" "$x" "$loader" "$kernel" "$root" "a=$root" && "$mkimage" "$work/y.img" "$loader" "$kernel" "$root" "a=$root" &&
    cmp -s "$x" "$work/y.img" &&
    [ "$(od -A n -t u8 -j 16 -N 8 "$x" | tr -d ' ')" = "$(wc -c <"$x")" ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAIL an image's header holds its size, and images are reproducible"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
