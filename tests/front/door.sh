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
for command in run cp test conformance bench debug fuzz faults prove build list new check graph audit why diff cost expand; do
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

# Systems.
check "list names a system" 0 - '^simple +A client calls a server' ./tessera list
check "a system without errors" 0 1 '^simple: no errors$' ./tessera check simple
check "audit says who may do what" 0 - '^    client may call echo\.b$' ./tessera audit simple
check "why prints a path" 0 1 '^source -rpc-> sink$' ./tessera why stack source sink
check "why says that there is none" 0 1 'terminal.uart cannot influence client' ./tessera why simple terminal.uart client
check "diff prints a change of authority" 0 - '^\+ classifier may call filter\.in and is in one program with it' ./tessera diff protected stack
check "cost has a row for each method" 0 - '^    push +[0-9]+ +[0-9]+ +200 +0$' ./tessera cost stack
check "expand prints the glue" 0 - 'enum tess_err a_' ./tessera expand simple client.a
check "graph draws" 0 1 "^$work/simple.svg\$" ./tessera graph simple "$work/simple.svg"
check "an unknown system is told" 2 - '^tessera: no system nothing; ' ./tessera audit nothing
check "audit of what is told" 2 - '^tessera: which system' ./tessera audit
check "a system boots and ends" 0 - '^After the client' ./tessera run simple --icount

# The prompt, and the way out.
printf '\rhelp\rpoweroff\r' | timeout 120 ./tessera run --image monitor --memory 128M --cpu cortex-a53 --gic 2 >"$work/out" 2>&1
status=$?
if [ "$status" = 0 ] && grep -q 'Tessera monitor' "$work/out"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAIL run reaches the prompt and ends: status $status: $(tail -n 2 "$work/out")"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
