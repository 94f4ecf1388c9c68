#!/bin/sh
# test.sh [NAME...]: runs the tests of tools/tests, two at a time; only those whose names begin with a NAME if given.
# Prints one line a test; each one's output is in build/logs/NAME.log.  Last line: the sum; status 1 if any failed.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/build}
export BUILD
logs=$BUILD/logs
mkdir -p "$logs"

# one NAME: run one test, leave "passed failed skipped" in NAME.result, print its line.
one() {
    name=$1
    limit=$(awk -v n="$name" '$1 == n { print $2 }' tools/tests)
    run=$(awk -v n="$name" '$1 == n { sub(/^[^ ]+ +[^ ]+ +/, ""); print }' tools/tests)
    log=$logs/$name.log
    start=$(date +%s)
    # What may take long says that it began.
    [ "$limit" -lt 600 ] || printf '...    %-14s runs\n' "$name"
    status=0
    timeout -k 10 "$limit" sh -c "$run" >"$log" 2>&1 </dev/null || status=$?
    seconds=$(($(date +%s) - start))
    # What it cost: processor time of all that it started, whatever else the machine did meanwhile.
    times >"$logs/$name.result"
    cost=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4 + 0.5) }' "$logs/$name.result")
    # The sums that the test prints itself; one that prints none counts as one.
    counts=$(tr -d '\r' <"$log" | awk '
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; if ($6 ~ /^skipped/) s += $5; n++ }
        END { if (n) print p + 0, f + 0, s + 0 }')
    if [ -z "$counts" ]; then
        counts="1 0 0"
        [ "$status" = 0 ] || counts="0 1 0"
    fi
    read -r passed failed skipped <<END
$counts
END
    # A test that fails without saying which of its parts failed has failed once more; so has one that proves nothing.
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
        failed=1
    fi
    if [ $((passed + failed + skipped)) = 0 ]; then
        failed=1
    fi
    echo "$passed $failed $skipped" >"$logs/$name.result"
    verdict=ok
    [ "$failed" = 0 ] || verdict=FAILED
    why=
    [ "$status" != 124 ] || why=", time limit of $limit s hit"
    printf '%-6s %-14s %s passed, %s failed, %s skipped (%s s, %s s of a processor%s)\n' "$verdict" "$name" "$passed" \
        "$failed" "$skipped" "$seconds" "$cost" "$why"
    if [ "$failed" != 0 ]; then
        grep -aiE 'fail|error|tessera:' "$log" | tail -n 5 | cut -c 1-200 | sed 's/^/           /'
        echo "           log: ${log#"$PWD"/}"
    fi
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit 0
fi

names=$(awk '!/^#/ && NF { print $1 }' tools/tests)
if [ $# -gt 0 ]; then
    chosen=
    for prefix in "$@"; do
        found=$(echo "$names" | grep "^$prefix" || true)
        [ "$found" ] || {
            echo "tessera: no test begins with $prefix; there are:" $names >&2
            exit 2
        }
        chosen="$chosen $found"
    done
    names=$chosen
fi
for name in $names; do
    rm -f "$logs/$name.result"
done
echo "tessera: $(echo $names | wc -w) tests, two at a time; logs in build/logs" >&2
printf '%s\n' $names | xargs -P 2 -n 1 "$0" --one

for name in $names; do
    cat "$logs/$name.result" 2>/dev/null || echo "0 1 0"
done | awk '
    { p += $1; f += $2; s += $3 }
    END { printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""; exit f > 0 }'
