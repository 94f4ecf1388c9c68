#!/bin/sh
# fuzz.sh [options]: fuzz the kernel in QEMU, deterministically; called by ./tessera fuzz with BUILD = build directory.
#     --calls N      random system calls by workers, default 1000000; 0: none
#     --programs N   random user programs, default 20000; 0: none
#     --seed S       first seed, default 1; each run of RUN_CALLS calls or RUN_PROGRAMS programs takes the next one
#     --release      the release kernel, which does not verify its invariants
#     --el2          the kernel at EL2
#     --cpu CPU      default cortex-a76
#     --again        also what BUILD/fuzz/passed says has passed: without it a broken-off campaign goes on where it was
# A campaign: fuzz.sh --calls 100000000 --programs 1000000.  Logs: BUILD/fuzz/KIND-SEED.log.
# Exit status: 0 when every run passed.
set -eu
RUN_CALLS=1000000
RUN_PROGRAMS=20000
RUN_SECONDS=900 # of this machine's time; a run takes about 150
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
calls=1000000 programs=20000 seed=1 kernel=-debug el2= cpu=cortex-a76 again=
while [ $# -gt 0 ]; do
    case $1 in
    --calls | --programs | --seed | --cpu)
        [ $# -ge 2 ] || {
            echo "fuzz.sh: $1 needs a value" >&2
            exit 2
        }
        ;;
    esac
    case $1 in
    --calls) calls=$2 && shift ;;
    --programs) programs=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --cpu) cpu=$2 && shift ;;
    --release) kernel= ;;
    --el2) el2=--el2 ;;
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
passed=0
failed=0

# one KIND IMAGE OPTION N SEED: one machine; its log must end with the line of success.
one() {
    key="$1 $4 seed $5 $cpu${el2:+ el2} ${kernel:-release} $(cksum <"$build/$2")"
    if [ -z "$again" ] && grep -qxF "$key" "$passed_file"; then
        echo "$1 seed $5: passed before"
        passed=$((passed + 1))
        return 0
    fi
    log=$build/fuzz/$1-$5.log
    # shellcheck disable=SC2086
    "$top/tools/qemu.sh" "$build/$2" --cpu "$cpu" $el2 --icount --timeout "$RUN_SECONDS" \
        -- -append "$3=$4 seed=$5" >"$log" 2>&1 || echo "status $?" >>"$log"
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
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
