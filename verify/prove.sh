#!/bin/sh
# prove.sh [-c] [-s]   proves every harness of verify/ with CBMC, two at a time; -c leaves out those whose preprocessed
#                      source, options and tool were proved before on this machine (.cache/proofs), -s those marked
#                      PROOF_SLOW (verify.h): what the test run does
# prove.sh [-c] NAME   one harness (its name, or area/subject:name), with the trace of each failure; or all those whose
#                      area/subject:name begins with NAME
# prove.sh -l          lists the harnesses
# VERIFY_JOBS=1 runs one at a time; VERIFY_BUILD=DIR keeps the logs elsewhere than in build/verify.
# Each harness is run twice: the proof must succeed, and its vacuity check must reach every REACHED point (verify.h).
# Time limit 120 s a run; over 30 s is reported, because the whole set has to stay cheap.
# Ends with "N passed, N failed" and, when CBMC cannot be had here, "N skipped".  Exit status 1 if anything failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=$top/.cache/proofs
build=${VERIFY_BUILD:-$top/build/verify} # logs and traces
cbmc=$top/.cache/cbmc/bin/cbmc
limit=120   # CPU seconds of one run
patience=900 # seconds of one run, for a machine that is busy with something else
budget=30
memory=8000000 # KiB of address space for one run
# On by default in CBMC 6: bounds, pointers, division by zero, signed overflow, shifts, unwinding assertions.
proof_flags="--pointer-overflow-check --drop-unused-functions --slice-formula"
vacuity_flags="--no-standard-checks --no-unwinding-assertions --drop-unused-functions --slice-formula"

# area/subject:name unwind, of the harnesses whose marks (verify.h) are wanted.
list() {
    marks=PROOF
    [ -n "${VERIFY_SHORT-}" ] || marks="$marks|PROOF_SLOW"
    [ -z "${VERIFY_LONG-}" ] || marks="$marks|PROOF_LONG"
    cd "$here" && LC_ALL=C find . -name '*.c' | LC_ALL=C sort | while read -r file; do
        subject=${file#./}
        sed -nE "s/^($marks)\(([a-z0-9_]*), *([0-9]*)\).*/\2 \3/p" "$file" | sed "s|^|${subject%.c}:|"
    done
}

# Options a file asks for itself: a line "cbmc: ..." in a comment.
file_flags() {
    sed -n 's|^ \* cbmc: *||p' "$1" | tr '\n' ' '
}

preprocess() { # source output flags...
    source=$1 output=$2
    shift 2
    aarch64-linux-gnu-gcc -E -std=c17 -ffreestanding -DVERIFY -DKERNEL_DEBUG "$@" -I "$here/arch" -I "$top/abi/include" -I "$top" \
        -I "$top/kernel" -I "$top/lib/ring/include" -I "$here" "$source" -o "$output"
}

# check: all properties hold / only REACHED points fail and all of them do.  Prints the number of properties.
proof_ok() {
    grep -q '^VERIFICATION SUCCESSFUL$' "$1" &&
        sed -n 's/^\*\* 0 of \([1-9][0-9]*\) failed.*/\1/p' "$1" | grep .
}

vacuity_ok() {
    awk '/ reached: / { n++; if (/: FAILURE$/) hit++ }
         END { if (n > 0 && n == hit) print n; else exit 1 }' "$1"
}

# One run of CBMC, the log in $work/$1.log; sets `spent` (CPU seconds) and returns its status.
run() { # proof | vacuity, flags...
    part=$1
    shift
    (
        ulimit -v $memory
        ulimit -t $limit
        timeout $patience "$cbmc" "$work/$part.i" --arch arm64 --function "$name" --unwind "$unwind" "$@"
        status=$?
        times >"$work/times"
        exit $status
    ) >"$work/$part.log" 2>&1
    status=$?
    spent=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/)
        printf "%.1f", u[1] * 60 + u[2] + s[1] * 60 + s[2] }' "$work/times")
    return $status
}

one() { # area/subject:name unwind [--trace]
    name=${1#*:} file=$here/${1%%:*}.c unwind=$2 trace=${3-}
    work=$build/$1
    mkdir -p "$work" "$cache"
    rm -f "$work/result"
    own=$(file_flags "$file")
    if ! preprocess "$file" "$work/proof.i" 2>"$work/errors" ||
        ! preprocess "$file" "$work/vacuity.i" -DVERIFY_VACUITY 2>>"$work/errors"; then
        echo "failed  $1  does not preprocess: $(head -n 1 "$work/errors")" | tee "$work/result"
        return
    fi
    key=$(cat "$work/proof.i" "$work/vacuity.i" "$top/.cache/cbmc/version" |
        { cat; echo "$1 $unwind $own $proof_flags $vacuity_flags"; } | sha256sum | cut -d ' ' -f 1)
    if [ -n "${VERIFY_CACHED-}" ] && [ -f "$cache/$key" ]; then
        echo "passed  $1  proved before" | tee "$work/result"
        return
    fi
    verdict=failed note=""
    run proof $proof_flags $own $trace
    rc=$? proof_spent=$spent
    if [ $rc = 124 ] || [ "${spent%.*}" -ge $limit ]; then
        note="no answer within $limit s"
    elif ! checks=$(proof_ok "$work/proof.log"); then
        note="$(grep -E ': FAILURE$|rror' "$work/proof.log" | head -n 3 | tr '\n' ';')"
        [ -n "$note" ] || note="cbmc ended with status $rc"
    else
        run vacuity $own $vacuity_flags
        if reached=$(vacuity_ok "$work/vacuity.log"); then
            verdict=passed
        else
            note="vacuous: $(grep 'reached: .*SUCCESS$' "$work/vacuity.log" | head -n 3 | tr '\n' ';')"
        fi
    fi
    [ -n "$trace" ] && [ $verdict = failed ] && cat "$work/proof.log"
    if [ $verdict = passed ]; then
        note=$(echo "$proof_spent $checks $spent $reached $budget" | awk '{
            printf "%d checks in %.1f s, %d cases reached in %.1f s%s", $2, $1, $4, $3,
                ($1 > $5 ? ", OVER BUDGET" : "") }')
        : >"$cache/$key"
    fi
    case $name in # harnesses of verify/selftest that must fail
    bad_*)
        if [ $verdict = passed ]; then verdict=failed; else verdict=passed; fi
        note="must fail: $note"
        ;;
    esac
    echo "$verdict  $1  $note" | tee "$work/result"
}

case "${1-}" in
--one)
    shift
    one "$@"
    exit 0
    ;;
-l)
    list
    exit 0
    ;;
-c)
    VERIFY_CACHED=1
    export VERIFY_CACHED
    shift
    ;;
esac
if [ "${1-}" = -s ]; then
    VERIFY_SHORT=1
    shift
fi

wanted=${1-}
harnesses=$(list)
if [ -n "$wanted" ]; then
    harnesses=$(echo "$harnesses" | awk -v w="$wanted" '{ n = $1; sub(/.*:/, "", n); if ($1 == w || n == w || index($1, w) == 1) print }')
    [ -n "$harnesses" ] || { echo "prove: no harness $wanted (prove.sh -l lists them)" >&2; exit 2; }
fi
total=$(echo "$harnesses" | wc -l)

"$here/get-cbmc.sh"
case $? in
0) ;;
3)
    echo "0 passed, 0 failed, $total skipped"
    exit 0
    ;;
*)
    echo "prove: get-cbmc.sh failed" >&2
    echo "0 passed, $total failed"
    exit 1
    ;;
esac
"$cbmc" --version >"$top/.cache/cbmc/version"

if [ -n "$wanted" ] && [ "$total" = 1 ]; then
    trace=" --trace"
else
    trace=
fi
results=$build/results
mkdir -p "$build"
# One line of arguments each; two processes.  A harness that says nothing counts as failed.
echo "$harnesses" | sed "s/\$/$trace/" | xargs -P "${VERIFY_JOBS:-2}" -L 1 "$here/prove.sh" --one | tee "$results"
passed=$(grep -c '^passed ' "$results")
echo "$passed passed, $((total - passed)) failed"
[ "$passed" = "$total" ]
