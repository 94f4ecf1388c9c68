#!/bin/sh
# supervisor.sh [SUFFIX]: the supervisor's tests.  On this machine: its checks.  In QEMU (-debug: with the debug kernel): the
# test system; then distributions that the checks let pass but that cannot be, each of which must end in one line that
# says why, and power-off.
set -u
cd "$(dirname "$0")/../../.." || exit 2
BUILD=${BUILD:-$PWD/build}
dir=$BUILD/servers/supervisor/test
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
bad=0

"$dir/supervisor-host" "$dir/supervisor-test.dist" "$dir/supervisor-test-part" || bad=1

# boot IMAGE SECONDS: its console, without carriage returns.
boot() {
    timeout -k 5 "$2" tools/qemu.sh "$1" --icount --timeout "$2" >"$work/out" 2>&1
    status=$?
    tr -d '\r' <"$work/out"
    return $status
}

boot "$dir/supervisor-test${1:-}.img" 600 >"$work/log" || bad=1
grep -v 'killed; generation' "$work/log"
grep -q '^[1-9][0-9]* passed, 0 failed$' "$work/log" || bad=1

# refuse NAME LINE MODULES...: an image with these modules ends with that line.
refuse() {
    name=$1 line=$2
    shift 2
    "$BUILD/tools/mkimage" "$work/x.img" "$BUILD/kernel/loader/loader.bin" "$BUILD/kernel/kernel.elf" \
        "$BUILD/servers/supervisor/supervisor.elf" "$@" || exit 2
    if boot "$work/x.img" 60 >"$work/log" && grep -q "^supervisor: $line\$" "$work/log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        cat "$work/log"
    fi
}

part=$dir/supervisor-test-part
dist() {
    "$dir/mkdist" "$work/dist" "$@" || exit 2
}
all="driver=$part part=$part echo=$part distribution=$work/dist"
dist sum
# shellcheck disable=SC2086
{
    refuse "no distribution" "distribution: the boot archive has none" "part=$part"
    refuse "a damaged distribution" "distribution: is damaged" $all
    dist grant
    refuse "a grant of nothing" "grant 3: its object does not exist" $all
    dist image
    refuse "an image that is not there" "image none: there is no such module" $all
    dist memory
    refuse "too little memory" "left: needs [0-9]* bytes of memory, has 4096" $all
    dist device
    refuse "device memory that is none" "object rtc: .*" $all
    dist slots
    refuse "more memory than there is" "domain hog: .*" $all
    dist good
    refuse "an image that is none" "image driver: not an ELF file" "driver=$work/dist" part="$part" echo="$part" \
        distribution="$work/dist"
}
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$bad" = 0 ]
