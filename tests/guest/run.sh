#!/bin/sh
# run.sh: the systems with guests that users start: a command in a guest on their disk, and two guests under orders from the personality's shell.
# Last line: "N passed, N failed"; status 1 if any failed.
set -u
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # WHAT STATUS
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        failed=$((failed + 1))
        echo "FAIL $1"
        sed 's/^/     /' "$work/out" | tail -n 15
    fi
}

# boot SYSTEM COMMAND...: in the system, on a new disk; what it prints goes to $work/out.
boot() {
    system=$1
    shift
    tools/system.sh build "systems/$system/$system.adl" >"$work/out" 2>&1 || return 99
    cp --sparse=always "$(tools/rootfs.sh base)" "$work/disk.img"
    tools/devbox.sh run "$BUILD/systems/$system/image.img" "systems/$system/$system.qemu" --el2 --icount --disk "$work/disk.img" \
        --timeout 200 -- "$@" >"$work/out" 2>&1
}

boot guest sh -c 'uname -r; echo kept >/var/tmp/kept; exit 7'
status=$?
grep -q '^6\.1\..*arm64$' "$work/out" && [ $status = 7 ]
check "a command in a guest, on the user's disk, with its status" $?
[ "$(debugfs -R 'cat /var/tmp/kept' "$work/disk.img" 2>/dev/null)" = kept ]
check "what the guest wrote is on the disk" $?

# shellcheck disable=SC2016 # for the shell inside
boot twovm sh -c '
    sleep 4
    tessera vm pause right && tessera vm | grep -q "^right *paused" && echo paused
    sleep 20 # nothing, if the machine sleeps; an hour, if an interrupt of the paused guest keeps it awake
    tessera vm go right && tessera vm | grep -q "^right *runs" && echo goes
    tessera vm load left 2>&1 | grep -q "has not been saved" && echo nothing to load
    tessera vm save right 2>&1 | grep -q "no disk for snapshots" && tessera vm | grep -q "^right *runs" && echo no store
    tessera vm save left && tessera kill left && sleep 1 && tessera vm load left && tessera vm | grep -q "^left *runs" && echo taken back
    tessera vm reset right && sleep 1 && tessera vm | grep -q "^right *runs *1 " && echo reset
    tessera vm stop left && tessera ps | grep -q "^left *down" && tessera vm start left && sleep 1 && tessera ps | grep -q "^left *running" && echo started
    tessera ps | awk "\$1 == \"disk\" || \$1 == \"linux\" || \$1 == \"right\" { bad += \$4 } END { exit bad }" && echo nobody else failed'
for word in paused goes 'nothing to load' 'no store' 'taken back' reset started 'nobody else failed'; do
    grep -q "^$word\$" "$work/out"
    check "orders for guests: $word" $?
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
