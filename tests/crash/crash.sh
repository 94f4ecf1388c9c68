#!/bin/sh
# ./tessera crash: the devbox when its power goes, and when its disk's driver and file server die once a second.
#     crash.sh [--short] [--steps N] [--seed S] [cuts|throughput]
# cuts: two workloads on the devbox, files (operations.c) and transactions of sqlite3, each step made durable before the next. QEMU logs what is
# written to the disk. Then the power goes after each write of the log (--short: SAMPLE of them), in two ways: all up to it has happened;
# or all up to the last flush, and of the rest a random part, some writes torn. Each time the journal is replayed by e2fsck,
# e2fsck -fn must find nothing, and all that was durable must be there.
# throughput: speedtest1 of sqlite3, undisturbed and with both killed once a second: at least 85 % as fast, the same result.
# --steps: of the workloads, default 60.  --seed: of what is lost.  Logs and what failed: BUILD/crash.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
cd "$top"
BUILD=${BUILD:-$PWD/build}
export BUILD
PATH=$PATH:/usr/sbin:/sbin
SAMPLE=60
home=/root # where a command of the devbox begins
steps=60 seed=1 short= only=
while [ $# -gt 0 ]; do
    case $1 in
    --steps | --seed) [ $# -ge 2 ] || { echo "crash: $1 needs a value" >&2 && exit 2; } ;;
    esac
    case $1 in
    --short) short=1 steps=24 ;;
    --steps) steps=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    cuts | throughput) only=$1 ;;
    *) echo "crash: unknown option $1" >&2 && exit 2 ;;
    esac
    shift
done
out=$BUILD/crash
mkdir -p "$out"
passed=0 failed=0

# verdict NAME WHY: WHY is empty if all is well.
verdict() {
    if [ "$2" ]; then
        failed=$((failed + 1))
        echo "FAIL $1: $2"
    else
        passed=$((passed + 1))
    fi
}

# disk FILE [COMMAND]: with the programs of the workloads; the next start runs COMMAND.
disk() {
    rm -rf "$out/put"
    mkdir -p "$out/put/usr/bin" "$out/put/etc/tessera"
    cp "$BUILD/tests/crash/operations" "$here/transactions" "$out/put/usr/bin"
    [ ! -f "$out/speedtest1" ] || cp "$out/speedtest1" "$out/put/usr/bin"
    chmod +x "$out/put/usr/bin"/*
    [ -z "${2:-}" ] || echo "$2" >"$out/put/etc/tessera/command"
    cp --sparse=always "$BUILD/linux/test-root.img" "$1"
    tools/rootfs.sh put "$1" "$out/put"
}

# record NAME COMMAND: NAME.log of the writes of COMMAND to the disk NAME.base.
record() {
    rm -f "$out/$1".*
    disk "$out/$1.base" "$2"
    cp --sparse=always "$out/$1.base" "$out/$1.now"
    truncate -s 4G "$out/$1.log"
    tools/qemu.sh "$BUILD/systems/devbox/image.img" --el2 --icount --timeout 900 --options "$here/crash.qemu" \
        --disk "root=$out/$1.now" --disk "log=$out/$1.log" >"$out/$1.console" 2>&1 || true
    tr -d '\r' <"$out/$1.console" | grep -qxF 'tessera: status 0' || {
        tail -n 5 "$out/$1.console"
        echo "crash: the workload $1 did not end well"
        exit 1
    }
    "$replay" "$out/$1.log" list >"$out/$1.list"
}

# expect_files MARK: what the steps before MARK made, in $out/wanted, without what MARK touches.  Marks only grow; $out/made goes on.
expect_files() {
    [ "$1" -gt 1 ] || return 0
    "$work" "$out/made" $((made + 1)) $(($1 - 1)) >/dev/null
    made=$(($1 - 1))
    touched=$("$work" --touched "$1")
    rm -rf "$out/wanted"
    cp -a "$out/made" "$out/wanted"
    (cd "$out/wanted" && rm -rf $touched)
}

# check_files FOLDER MARK: that is there; what MARK touches may be either.
check_files() {
    [ "$2" -gt 1 ] || return 0
    # the mark itself: this step or the one before
    seen=
    [ ! -f "$1/mark" ] || read -r seen _ <"$1/mark" || true
    case $seen in
    "$(printf '@STEP@%08u' "$2")" | "$(printf '@STEP@%08u' $(($2 - 1)))") ;;
    *) echo "mark is ${seen:-lost}, not $2" ;;
    esac
    (cd "$1" && rm -rf $touched)
    diff -r --no-dereference "$out/wanted" "$1" 2>&1 | head -n 3
}

expect_transactions() {
    :
}

# check_transactions FOLDER MARK: both databases are whole, and hold all transactions before MARK.
check_transactions() {
    for mode in wal delete; do
        least=$(($2 - 1))
        case $mode:$((least % 2)) in wal:0 | delete:1) least=$((least - 1)) ;; esac
        [ $least -gt 0 ] || continue
        got=$(sqlite3 "$1/$mode.db" 'pragma integrity_check; select max(n), count(*), sum(text like printf("@STEP@%08u %%", n)) from t;' 2>&1 | paste -sd ' ')
        case $got in
        "ok $least|"*) count=$(((least + 1) / 2)) ;;
        "ok $((least + 2))|"*) count=$(((least + 3) / 2)) ;;
        *) count=none ;;
        esac
        case $got in *"|$count|$count") ;; *) echo "$mode.db at mark $2, $least was durable: $got" ;; esac
    done
}

# check NAME MARK: the disk of a cut, $out/cut.
check() {
    e2fsck -p "$out/cut" >"$out/fsck" 2>&1 || [ $? = 1 ] || { echo "e2fsck -p: $(tail -n 1 "$out/fsck")" && return 0; }
    # nothing but what a loss of power makes: the journal, files that were open and had no name
    if grep -m 1 -vE ': recovering journal|: clean, |Clearing orphaned inode|Truncating orphaned inode|^ *$' "$out/fsck"; then
        return 0
    fi
    e2fsck -fn "$out/cut" >"$out/fsck" 2>&1 || { grep -vE '^(e2fsck|Pass)' "$out/fsck" | head -n 1 && return 0; }
    rm -rf "$out/found"
    mkdir "$out/found"
    debugfs -R "rdump $home/box $out/found" "$out/cut" >/dev/null 2>&1
    if [ ! -d "$out/found/box" ]; then
        [ "$2" -le 1 ] || echo "the folder is lost at mark $2"
        return 0
    fi
    "check_$1" "$out/found/box" "$2"
}

# cuts NAME COMMAND
cuts() {
    record "$1" "$2"
    entries=$(wc -l <"$out/$1.list")
    last=$(tail -n 1 "$out/$1.list" | cut -d ' ' -f 5)
    [ "$last" = "$steps" ] || { echo "crash: $1: the log ends at step $last, not $steps" && exit 1; }
    echo "$1: $entries entries in the log"
    writes=$(grep -c ' w ' "$out/$1.list")
    every=1
    [ -z "$short" ] || every=$((writes * 2 / SAMPLE + 1))
    # flushed: what the disk held at the last flush
    cp --sparse=always "$out/$1.base" "$out/flushed"
    rm -rf "$out/made" "$out/wanted"
    flushed=0 made=0 marked=0 cut=0 count=0 before=$failed
    while read -r number kind _ _ mark; do
        after=$((number + 1))
        if [ "$kind" = f ]; then
            "$replay" "$out/$1.log" "$out/flushed" $flushed $after
            flushed=$after
            continue
        fi
        cut=$((cut + 1))
        [ $((cut % every)) = $((every / 2)) ] || continue
        [ "$mark" = "$marked" ] || "expect_$1" "$mark"
        marked=$mark
        for way in whole random; do
            random=0
            [ $way = whole ] || random=$((seed * 1000003 + after))
            "$replay" "$out/$1.log" "$out/cut" $flushed $after $random "$out/flushed"
            why=$(check "$1" "$mark" | head -n 3 | tr '\n' ' ')
            [ -z "$why" ] || [ $((failed - before)) -ge 5 ] || cp --sparse=always "$out/cut" "$out/$1.$number.$way.failed"
            verdict "$1, power lost after entry $number ($way), mark $mark" "$why"
            count=$((count + 1))
        done
    done <"$out/$1.list"
    echo "$1: power lost $count times, $((failed - before)) failed"
    # Would it be seen?  A disk that forgets what it flushed must fail.
    [ "$marked" = "$steps" ] || "expect_$1" "$steps"
    "$replay" "$out/$1.log" "$out/cut" 0 "$entries" "$seed" "$out/$1.base"
    why=$(check "$1" "$steps" | head -n 1)
    verdict "$1, a disk that lies" "$([ "$why" ] || echo "was not noticed")"
}

replay=$BUILD/tests/crash/crash-replay
work=$BUILD/tests/crash/crash-operations
tools/system.sh build systems/devbox/devbox.adl >&2
if [ "$only" != throughput ]; then
    cuts files "exec operations box 1 $steps"
    cuts transactions "exec transactions $steps"
fi
if [ "$only" != cuts ]; then
    . "$here/throughput.sh"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
