#!/bin/sh
# Boots on every kind of machine that is promised, and checks that the kernel found what the machine has: GICv2 and v3,
# EL1, EL2 with VHE, EL2 without (the loader drops to EL1), 64 MiB to 8 GiB.  Short root programs run on all of them,
# the kernel's tests (tests/kernel) on one of each kind, in deterministic time: they need no fast machine.
# machines.sh [NAME]: only the machines whose line holds NAME.  Prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
out=$BUILD/logs/boot
mkdir -p "$out"
only=${1:-}
passed=0
failed=0

fail() {
    failed=$((failed + 1))
    echo "FAIL $*"
}

# boot IMAGE LOG OPTIONS...: boots to the end; the image's own sum is added up.
boot() {
    image=$1 log=$2
    shift 2
    case $image in
    tests*) set -- "$@" --icount ;;
    esac
    tools/qemu.sh "$BUILD/$image.img" --timeout 900 "$@" >"$log" 2>&1
    status=$?
    tr -d '\r' <"$log" >"$log.txt"
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log.txt" | tail -n 1)
    if [ "$status" != 0 ] || [ -z "$sum" ]; then
        fail "$image on $*: status $status, no sum; $(tail -n 1 "$log.txt")"
        return 1
    fi
    # shellcheck disable=SC2086
    set -- "$image on $*" $sum
    passed=$((passed + $2))
    failed=$((failed + $4))
    [ "$4" = 0 ] || {
        echo "FAIL $1: $2 passed, $4 failed"
        grep -i '^fail' "$log.txt" | head -n 20
        return 1
    }
}

# cpu gic memory start(el1|el2) kernel's EL  images
while read -r cpu gic memory start el images; do
    case "$cpu gic$gic $memory $start" in
    '#'*) continue ;;
    *"$only"*) ;;
    *) continue ;;
    esac
    options="--cpu $cpu --gic $gic --memory $memory"
    [ "$start" = el1 ] || options="$options --el2"
    case $memory in
    *G) megabytes=$((${memory%G} * 1024)) ;;
    *) megabytes=${memory%M} ;;
    esac
    for image in $images; do
        log=$out/$image-$cpu-gic$gic-$memory-$start
        # shellcheck disable=SC2086 # options are words without blanks
        boot "$image" "$log" $options || continue
        case $image in
        hello)
            grep -q "^el=$el gic=$gic ram=${megabytes}M debug=0$" "$log.txt" ||
                fail "$image on $options: $(grep '^el=' "$log.txt"), expected el=$el gic=$gic ram=${megabytes}M"
            grep -q '^uart=0x9000000,33 hz=[1-9][0-9]* dtb=[1-9][0-9]* modules=[1-9][0-9]*$' "$log.txt" ||
                fail "$image on $options: $(grep '^uart=' "$log.txt")"
            ;;
        esac
    done
done <<'END'
cortex-a72   2 64M  el1 1 hello smoke tests
cortex-a53   2 65M  el2 1 hello smoke
cortex-a53   3 100M el2 1 hello smoke
cortex-a57   2 128M el2 1 hello tests-debug
cortex-a72   3 192M el2 1 hello smoke
cortex-a76   3 64M  el2 2 hello smoke
cortex-a76   3 1G   el2 2 hello smoke tests tests-debug
cortex-a76   2 512M el2 2 hello smoke tests-debug
cortex-a76   3 256M el1 1 hello smoke
neoverse-n1  2 2G   el2 2 hello smoke
neoverse-n1  3 3G   el2 2 hello smoke
max          3 4G   el2 2 hello smoke
max          2 256M el1 1 hello smoke
cortex-a57   3 8G   el1 1 hello smoke
cortex-a76   3 8G   el2 2 hello smoke
END
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
