#!/bin/sh
# The front door: help for every command, one line and a status for every mistake, and `run` reaches the prompt and ends
# when told to.  Prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME STATUS LINES PATTERN COMMAND...: it ends with STATUS, prints LINES lines (or any number: -), one matches
check() {
    name=$1 expected=$2 lines=$3 pattern=$4
    shift 4
    timeout 120 "$@" >"$work/out" 2>&1 </dev/null
    status=$?
    count=$(wc -l <"$work/out")
    if [ "$status" = "$expected" ] && { [ "$lines" = - ] || [ "$lines" = "$count" ]; } && grep -Eq -- "$pattern" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: status $status, $count lines: $(head -n 2 "$work/out")"
    fi
}

check "without a command there is help" 0 - '^usage: ./tessera COMMAND' ./tessera
for command in run test bench debug fuzz prove build; do
    check "help $command" 0 - "^usage: ./tessera $command" ./tessera help "$command"
    check "$command --help is the same" 0 - "^usage: ./tessera $command" ./tessera "$command" --help
done
check "it works from elsewhere" 0 - '^usage' sh -c 'top=$PWD; cd / && "$top/tessera" help'
check "an unknown command is told" 2 1 '^tessera: no command rnu; ' ./tessera rnu
check "help for an unknown command is told" 2 1 '^tessera: no command rnu; ' ./tessera help rnu
check "an unknown option is told" 2 1 '^tessera: unknown option --cpus; ' ./tessera run --cpus 4
check "a missing value is told" 2 1 '^tessera: --memory needs a value$' ./tessera run --memory
check "an unknown image is told" 2 1 '^tessera: no build/nothing.img; there are: .*monitor.img' ./tessera run --image nothing
check "an unknown test is told" 2 1 '^tessera: no test begins with nothing; ' ./tessera test nothing
check "a bad interrupt controller is told" 2 1 '^qemu.sh: --gic is 2 or 3, not 4$' ./tessera run --gic 4

# The prompt, and the way out.
printf '\rhelp\rpoweroff\r' | timeout 120 ./tessera run --memory 128M --cpu cortex-a53 --gic 2 >"$work/out" 2>&1
status=$?
if [ "$status" = 0 ] && grep -q 'Tessera monitor' "$work/out"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAIL run reaches the prompt and ends: status $status: $(tail -n 2 "$work/out")"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
