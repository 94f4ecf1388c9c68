#!/bin/sh
# Boots the monitor in QEMU, types commands on its console and looks for the lines that they must print.
# Usage: tests/monitor/monitor.sh [build directory].  Prints the failures and "N passed, N failed"; exit 1 on a failure.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-${BUILD:-build}}
seconds=${MONITOR_SECONDS:-120}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM
passed=0
failed=0
escape=$(printf '\033')

# Wait until the output has this text: what is typed next finds the monitor asleep.
wait_for() {
    tries=0
    until grep -q "$1" "$work/raw" || [ "$tries" -ge "$((seconds * 10))" ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    sleep 0.2
}

# What is typed.  The first key may be lost: the UART drops a byte that arrives before it is set up.
# \177 deletes, \025 is Ctrl-U, \033[A the arrow up, \033[D left, \t completes, \003 drops the line.
keys() {
    printf '\r'
    printf 'help\r'
    printf 'ecx\177ho deleted and gone on\r'
    printf 'echo twice\r\033[A\r'
    printf 'fault\025echo line dropped\r'
    printf 'fault\003echo line canceled\r'
    printf 'echo bac\033[D\033[D\033[Dgoes \r'
    printf 'ech\tcompleted\r'
    printf 'nonsense\r'
    printf 'ping none\r'
    printf 'ping 0\r'
    printf 'spawn 9\r'
    printf 'trace\r'
    printf 'mem\r'
    printf 'caps 1 13\r'
    printf 'caps 5000 5010\r'
    printf 'ping 100\r'
    printf 'fault\r'
    printf 'spawn 2\r'
    printf 'threads\r'
    printf 'kill\r'
    printf 'spawn 8\r'
    printf 'kill\r'
    printf 'threads\r'
    printf 'time\r'
    printf 'trace start\r'
    printf 'ping 10\r'
    printf 'trace stop\r'
    printf 'trace show 2000\r'
    printf 'dt\r'
    printf 'dt pl011\r'
    printf 'dt nowhere\r'
    printf 'echo asleep\r'
    wait_for '^asleep'
    printf 'info\r'
    printf 'poweroff\r'
}

# A line of the output matches the extended regular expression $2.
expect() {
    if grep -Eq -- "$2" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: no line matches $2"
    fi
}
# None does.
refuse() {
    if grep -Eq -- "$2" "$work/out"; then
        failed=$((failed + 1))
        echo "FAIL $1: a line matches $2"
    else
        passed=$((passed + 1))
    fi
}

# $1 name, $2 image, $3 EL that the kernel shall run at, $4 GIC version, others: options of QEMU.
run() {
    name=$1 image=$2 el=$3 gic=$4
    shift 4
    : >"$work/raw"
    keys | timeout "$seconds" qemu-system-aarch64 -nodefaults "$@" -display none -monitor none -serial stdio -no-reboot \
        -kernel "$build/$image" >"$work/raw" 2>"$work/errors"
    status=$?
    tr -d '\r\007' <"$work/raw" | sed "s/$escape\[[0-9;]*[A-Za-z]//g" >"$work/out"
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: QEMU ended with $status"
        tail -n 5 "$work/errors" "$work/out"
    fi
    expect "$name: banner" '^Tessera monitor\. Type help\.$'
    expect "$name: help lists commands" '^  spawn +N '
    expect "$name: exception level" "kernel at EL$el( |$)"
    expect "$name: interrupt controller" "^interrupts +GICv$gic$"
    expect "$name: console interrupts counted" '^console .*interrupt 33, [1-9][0-9]* taken$'
    expect "$name: delete key" '^deleted and gone on$'
    expect "$name: Ctrl-U drops the line" '^line dropped$'
    expect "$name: Ctrl-C drops the line" '^line canceled$'
    expect "$name: arrow left inserts" '^goes bac$'
    expect "$name: completion" '^completed$'
    if [ "$(grep -c '^twice$' "$work/out")" -eq 2 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: history repeats a line"
    fi
    expect "$name: unknown command" '^nonsense: no such command, see help$'
    expect "$name: not a number" '^none: not a number$'
    expect "$name: number too small" '^0: must be 1 to 10000000$'
    expect "$name: number too large" '^9: must be 1 to 8$'
    expect "$name: usage" '^trace start \| stop \| show \[N\]$'
    expect "$name: RAM untyped" '^ *[0-9]+ +RAM +0x[0-9a-f]+ +[0-9]+ +[0-9]+$'
    expect "$name: device untyped" '^ *[0-9]+ +device +'
    expect "$name: root CNode capability" '^ +1 +cnode +0x[0-9a-f]+ +16384$'
    expect "$name: capabilities of the kernel" '^ +9 +irq_control +'
    expect "$name: empty slots are not listed" '^0 capabilities$'
    expect "$name: ping" '^100 calls and replies in [0-9]+ ticks: '
    expect "$name: fault message" '^fault +page \(2\), 4 words$'
    expect "$name: fault address" '^address +0x123456789000$'
    expect "$name: fault answered" '^answer +stop: OK$'
    expect "$name: spawn" '^2 pairs run in the background; '
    expect "$name: client calls" '^client 1 +[a-z ]+ +100 +[a-z]+ +[0-9]+ +[1-9][0-9]*$'
    expect "$name: passive server answers" '^server 1 +[a-z ]+ +101 +[a-z]+ +[0-9]+ +[1-9][0-9]*$'
    expect "$name: kill" '^2 pairs ended$'
    expect "$name: memory comes back" '^8 pairs ended$'
    expect "$name: time" '^[0-9]+ ticks of [0-9]+ Hz, [0-9]+\.[0-9]{6} s since'
    expect "$name: trace records" '^[1-9][0-9]* events$'
    expect "$name: trace names system calls" 'syscall +number 0 \(call\), capability slot 0x'
    expect "$name: trace names invocations" 'invoke +label 0x[0-9a-f]+ \(cnode\.revoke\), '
    expect "$name: device tree" '^ +memory@40000000$'
    expect "$name: property as text" '^ +compatible = "arm,pl011" "arm,primecell"$'
    expect "$name: property as numbers" '^ +reg = 0 0x9000000 0 0x1000$'
    expect "$name: unknown node" '^nowhere: no such node$'
    refuse "$name: no command failed" ': (CAP|RIGHTS|ARG|RANGE|NOMEM|STATE|EXISTS|GONE|TIMEOUT): '
    refuse "$name: no panic" '[Pp]anic'
}

run "release, EL1, GICv2" monitor.img 1 2 -M virt,gic-version=2 -cpu cortex-a53 -m 128
run "debug, EL2, GICv3" monitor-debug.img 2 3 -M virt,gic-version=3,virtualization=on -cpu cortex-a76 -m 512
# A reset ends QEMU, too, as it is started here.
printf '\r\recho before\rreset\r' | timeout "$seconds" qemu-system-aarch64 -nodefaults -M virt -cpu cortex-a57 -m 64 -display none \
    -monitor none -serial stdio -no-reboot -kernel "$build/monitor.img" >"$work/raw" 2>"$work/errors"
status=$?
tr -d '\r' <"$work/raw" >"$work/out"
echo "status $status" >>"$work/out"
expect "reset: a command before" '^before$'
expect "reset: it is announced" '^resetting$'
expect "reset: it ends QEMU" '^status 0$'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
