#!/bin/sh
# The kernel's worst-case stack is at most half of its stack (KERNEL_STACK), for both kernels; from their disassembly.
# The compiler's own account (-fstack-usage) must know of no frame of variable size either.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
size=$(sed -n 's/^#define KERNEL_STACK *\([0-9]*\).*/\1/p' kernel/sched/cpu.h)
[ "$size" ] || {
    echo "FAIL no KERNEL_STACK in kernel/sched/cpu.h"
    exit 1
}
status=0
for name in kernel kernel-debug; do
    echo "$name.elf:"
    aarch64-linux-gnu-objdump -d --no-show-raw-insn "$BUILD/kernel/$name.elf" |
        awk -v limit=$((size / 2)) -v allow="arch_backtrace:print_call" -f tools/check/stack.awk || status=1
done
usage=$(find "$BUILD/kernel" -name '*.su')
[ "$usage" ] || {
    echo "FAIL the compiler left no stack usage files"
    exit 1
}
# shellcheck disable=SC2086
if grep -h 'dynamic' $usage; then
    echo "FAIL frames of variable size: see above"
    status=1
fi
exit $status
