#!/bin/sh
# fuzz.sh [options]: fuzz the kernel in QEMU, deterministically; called by ./tessera fuzz with BUILD = build directory.
#     --calls N      random system calls by workers, default 1000000; 0: none
#     --programs N   random user programs, default 50000; 0: none
#     --host N       random system calls to the kernel core on this machine, under sanitizers, default 50000; 0: none
#     --seed S       first seed, default 1; each run of RUN_CALLS calls or RUN_PROGRAMS programs takes the next one
#     --release      the release kernel, which does not verify its invariants
#     --el2          the kernel at EL2, with guests; not deterministic: the clock of -icount stands still while a guest cannot
#                    fetch even the first instruction of its exception handler
#     --cpu CPU      default cortex-a76
#     --gic 2|3      default 3
#     --again        also what BUILD/fuzz/passed lists: without it a campaign (several runs of a kind) that was broken off
#                    goes on where it was
# A campaign: fuzz.sh --calls 100000000 --programs 1000000 --host 0.  Logs: BUILD/fuzz/KIND-gic3-SEED.log, KIND-el2-gic3-SEED.log.
# Exit status: 0 when every run passed.
set -eu
RUN_CALLS=1000000
RUN_PROGRAMS=100000
RUN_SECONDS=3600 # of this machine's time, against hanging for ever; a run takes 3 minutes
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
calls=1000000 programs=50000 host=50000 seed=1 kernel=-debug el2= icount=--icount cpu=cortex-a76 gic=3 again=
while [ $# -gt 0 ]; do
    case $1 in
    --calls | --programs | --host | --seed | --cpu | --gic)
        [ $# -ge 2 ] || {
            echo "fuzz.sh: $1 needs a value" >&2
            exit 2
        }
        ;;
    esac
    case $1 in
    --calls) calls=$2 && shift ;;
    --programs) programs=$2 && shift ;;
    --host) host=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --cpu) cpu=$2 && shift ;;
    --gic) gic=$2 && shift ;;
    --release) kernel= ;;
    --el2) el2=--el2 icount= ;;
    --again) again=1 ;;
    *)
        echo "fuzz.sh: unknown option $1" >&2
        exit 2
        ;;
    esac
    shift
done
mkdir -p "$build/fuzz"
passed_file=$build/fuzz/passed
touch "$passed_file"
campaign= # more than one run of a kind: goes on where it was broken off
if [ "$calls" -gt $RUN_CALLS ] || [ "$programs" -gt $RUN_PROGRAMS ] || [ "$host" -gt $RUN_CALLS ]; then
    campaign=1
fi
passed=0
failed=0

# one KIND IMAGE OPTION N SEED: one machine; its log must end with the line of success.
one() {
    key="$1 $4 seed $5 $cpu${el2:+ el2} gic$gic ${kernel:-release} $(cksum <"$build/$2")"
    if [ "$campaign" ] && [ -z "$again" ] && grep -qxF "$key" "$passed_file"; then
        echo "$1 seed $5: passed before"
        passed=$((passed + 1))
        return 0
    fi
    log=$build/fuzz/$1${el2:+-el2}-gic$gic-$5.log
    if [ "$1" = host ]; then
        env calls="$4" seed="$5" timeout -k 5 "$RUN_SECONDS" "$build/$2" >"$log" 2>&1 || echo "status $?" >>"$log"
    else
        # shellcheck disable=SC2086
        "$top/tools/qemu.sh" "$build/$2" --cpu "$cpu" --gic "$gic" $el2 $icount --timeout "$RUN_SECONDS" \
            -- -append "$3=$4 seed=$5" >"$log" 2>&1 || echo "status $?" >>"$log"
    fi
    if grep -q "^$3 [0-9]*, failures 0" "$log" && grep -q '^[1-9][0-9]* passed, 0 failed' "$log"; then
        echo "$1 seed $5: $(grep "^$3 [0-9]*, failures" "$log" | tail -n 1 | tr -d '\r')"
        echo "$key" >>"$passed_file"
        passed=$((passed + 1))
    else
        echo "$1 seed $5: FAILED, $log ends:"
        tail -n 30 "$log"
        failed=$((failed + 1))
    fi
}

# all KIND IMAGE OPTION N RUN: in runs of at most RUN.
all() {
    left=$4
    s=$seed
    while [ "$left" -gt 0 ]; do
        n=$((left < $5 ? left : $5))
        one "$1" "$2" "$3" "$n" "$s"
        left=$((left - n))
        s=$((s + 1))
        [ "$4" -le "$5" ] || echo "$1: $(($4 - left)) of $4, $failed runs failed"
    done
}

all fuzz "fuzz$kernel.img" calls "$calls" $RUN_CALLS
all program "fuzz-program$kernel.img" programs "$programs" $RUN_PROGRAMS
all host tests/host/fuzz-host calls "$host" $RUN_CALLS
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
