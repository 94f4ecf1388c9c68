#!/bin/sh
# prove.sh [-c]        proves every harness of verify/ with CBMC, two at a time; -c leaves out those whose preprocessed
#                      source, options and tool were proved before on this machine (.cache/proofs)
# prove.sh [-c] NAME   one harness (its name, or area/subject:name), with the trace of each failure; or all those whose
#                      area/subject:name begins with NAME
# prove.sh -l          lists the harnesses
# Each harness is run twice: the proof must succeed, and its vacuity check must reach every REACHED point (verify.h).
# Time limit 120 s a run; over 30 s is reported, because the whole set has to stay cheap.
# Ends with "N passed, N failed" and, when CBMC cannot be had here, "N skipped".  Exit status 1 if anything failed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=$top/.cache/proofs
cbmc=$top/.cache/cbmc/bin/cbmc
limit=120
budget=30
memory=8000000 # KiB of address space for one run
# On by default in CBMC 6: bounds, pointers, division by zero, signed overflow, shifts, unwinding assertions.
proof_flags="--pointer-overflow-check --drop-unused-functions"
vacuity_flags="--no-standard-checks --no-unwinding-assertions --drop-unused-functions"

# area/subject:name unwind
list() {
    cd "$here" && LC_ALL=C find . -name '*.c' | LC_ALL=C sort | while read -r file; do
        subject=${file#./}
        sed -n 's/^PROOF(\([a-z0-9_]*\), *\([0-9]*\)).*/\1 \2/p' "$file" | sed "s|^|${subject%.c}:|"
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
        -I "$top/kernel" -I "$here" "$source" -o "$output"
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

now() {
    date +%s.%N
}

one() { # area/subject:name unwind [--trace]
    name=${1#*:} file=$here/${1%%:*}.c unwind=$2 trace=${3-}
    work=$top/build/verify/$1
    mkdir -p "$work" "$cache"
    rm -f "$work/result"
    own=$(file_flags "$file")
    if ! preprocess "$file" "$work/proof.i" 2>"$work/errors" ||
        ! preprocess "$file" "$work/vacuity.i" -DVERIFY_VACUITY 2>>"$work/errors"; then
        echo "failed  $1  does not preprocess: $(head -n 1 "$work/errors")" | tee "$work/result"
        return
    fi
    key=$(cat "$work/proof.i" "$work/vacuity.i" "$here/prove.sh" | cat - "$top/.cache/cbmc/version" |
        { cat; echo "$1 $unwind $own"; } | sha256sum | cut -d ' ' -f 1)
    if [ -n "${VERIFY_CACHED-}" ] && [ -f "$cache/$key" ]; then
        echo "passed  $1  proved before" | tee "$work/result"
        return
    fi
    verdict=failed note=""
    start=$(now)
    ( ulimit -v $memory && exec timeout $limit "$cbmc" "$work/proof.i" --arch arm64 --function "$name" \
        --unwind "$unwind" $proof_flags $own $trace ) >"$work/proof.log" 2>&1
    rc=$?
    middle=$(now)
    if [ $rc = 124 ]; then
        note="no answer within $limit s"
    elif ! checks=$(proof_ok "$work/proof.log"); then
        note="$(grep -E ': FAILURE$|rror' "$work/proof.log" | head -n 3 | tr '\n' ';')"
        [ -n "$note" ] || note="cbmc ended with status $rc"
    else
        ( ulimit -v $memory && exec timeout $limit "$cbmc" "$work/vacuity.i" --arch arm64 --function "$name" \
            --unwind "$unwind" $own $vacuity_flags ) >"$work/vacuity.log" 2>&1
        if reached=$(vacuity_ok "$work/vacuity.log"); then
            verdict=passed
        else
            note="vacuous: $(grep 'reached: .*SUCCESS$' "$work/vacuity.log" | head -n 3 | tr '\n' ';')"
        fi
    fi
    end=$(now)
    [ -n "$trace" ] && [ $verdict = failed ] && cat "$work/proof.log"
    if [ $verdict = passed ]; then
        note=$(echo "$start $middle $end $checks $reached $budget" | awk '{
            printf "%d checks in %.1f s, %d cases reached in %.1f s%s", $4, $2 - $1, $5, $3 - $2,
                ($2 - $1 > $6 ? ", OVER BUDGET" : "") }')
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
results=$top/build/verify/results
mkdir -p "$top/build/verify"
# One line of arguments each; two processes.  A harness that says nothing counts as failed.
echo "$harnesses" | sed "s/\$/$trace/" | xargs -P 2 -L 1 "$here/prove.sh" --one | tee "$results"
passed=$(grep -c '^passed ' "$results")
echo "$passed passed, $((total - passed)) failed"
[ "$passed" = "$total" ]
