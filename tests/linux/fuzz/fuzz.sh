#!/bin/sh
# ./tessera fuzz linux: random system calls of Linux programs (fuzz.c) against the personality, on the debug kernel.
#     fuzz.sh [--calls N] [--seed S] [--short] [--trace]
# --calls: how many are tried, default 1000000, in machines of RUN children; --seed: of the first child, default 1001, the others follow.
# --short: what the test run has time for.  --trace: each call on the console before it is made.
# Before that: the corpus, runs that found something.  Deterministic: the same seed gives the same run.  Logs: BUILD/fuzz/linux.
# A run passes if all children ended, the programs after them get what they ask for, and nothing of the kernel's invariants broke.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
cd "$top"
BUILD=${BUILD:-$PWD/build}
export BUILD
RUN=2000 CALLS=200
SECONDS_MAX=900 # of this machine's time, against hanging for ever
calls=1000000 seed=1001 trace=
while [ $# -gt 0 ]; do
    case $1 in
    --calls | --seed) [ $# -ge 2 ] || { echo "fuzz: $1 needs a value" >&2 && exit 2; } ;;
    esac
    case $1 in
    --calls) calls=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --short) calls=40000 ;;
    --trace) trace=" --trace" ;;
    *) echo "fuzz: unknown option $1" >&2 && exit 2 ;;
    esac
    shift
done
out=$BUILD/fuzz/linux
mkdir -p "$out"
passed=0 failed=0

# one SEED CHILDREN CALLS
one() {
    log=$out/$1-$2-$3.log
    dir=$out/system
    cat >"$out/linuxfuzz.adl" <<END
import "$(realpath --relative-to="$out" "$here")/linux_fuzz.adl";
import "lib/terminal.adl";
system LinuxFuzzed {
    instance Terminal terminal;
    instance LinuxFuzz linux { mem 104MiB; restart never; command = "exec fuzz --seed $1 --children $2 --calls $3$trace"; }
    connect linux.terminal -> terminal.out : ring;
    connect linux.keys -> terminal.in : rpc;
    connect *.log -> terminal.out : rpc;
    until linux;
}
END
    status=0
    SYSTEM_DIR=$dir tools/build-system.sh "$out/linuxfuzz.adl" >"$log" 2>&1 &&
        tools/qemu.sh "$dir/image-debug.img" --icount --timeout "$SECONDS_MAX" >"$log" 2>&1 || status=$?
    if [ "$status" = 0 ] && tr -d '\r' <"$log" | grep -qaxF "fuzz: ok: $2 children of $3 calls from seed $1 on" &&
        tr -d '\r' <"$log" | grep -qaxF 'linux: over, status 0' && ! grep -qaiE '^panic|^supervisor: .*(parked|failure)' "$log"; then
        echo "seed $1: $(tr -d '\r' <"$log" | sed -n 's/^fuzz: \(.* calls were made.*\)/\1/p')"
        passed=$((passed + 1))
    else
        echo "seed $1: FAILED, status $status, $log ends:"
        tail -n 5 "$log" | cut -c 1-200
        failed=$((failed + 1))
    fi
}

while read -r first children each _; do
    case $first in '#' | '') continue ;; esac
    one "$first" "$children" "$each"
done <"$here/corpus"
left=$((calls / CALLS))
while [ "$left" -gt 0 ]; do
    n=$((left < RUN ? left : RUN))
    one "$seed" "$n" "$CALLS"
    left=$((left - n))
    seed=$((seed + n))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
