#!/bin/sh
# debug.sh NAME [options of qemu.sh] [-- QEMU-ARGUMENTS...]: starts NAME-debug.img in QEMU, stopped, and a debugger on it.
# QEMU's console goes to build/logs/debug-console (tail -f it in another terminal); QEMU ends with the debugger.
set -eu
name=$1
shift
options=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
done
[ $# -eq 0 ] || shift
port=$((20000 + $$ % 20000))
console=build/logs/debug-console
# shellcheck disable=SC2086 # options are words without blanks
tools/qemu.sh "build/$name-debug.img" $options -- -S -gdb "tcp:127.0.0.1:$port" "$@" >"$console" 2>&1 </dev/null &
qemu=$!
trap 'kill "$qemu" 2>/dev/null || true' EXIT INT TERM
echo "tessera: QEMU's console: $console; the program's symbols: add-symbol-file build/$name.elf" >&2
gdb-multiarch -q -nx -x tools/kernel.gdb -ex "connect $port" build/kernel/kernel-debug.elf
