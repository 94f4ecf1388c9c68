#!/bin/sh
# The longest stretches of kernel instructions in which no interrupt could come in, while an image runs to its end.
#     stretch.sh IMAGE [EL] [LIMIT]     EL: 1 (default) or 2; LIMIT: most instructions allowed, default 5000
# A stretch begins where the kernel is entered or where it last let an interrupt in or looked for one (WFI, MSR DAIFClr,
# MRS ISR_EL1), and ends at the next such place or the exception return.  Start-up, until the first program runs, is not
# taken.  Prints the longest, with functions; fails when one exceeds the limit.
set -eu
here=$(dirname "$0")
. "$here/emulate.sh"

image=${1:?usage: stretch.sh IMAGE [EL [LIMIT]]}
el=${2:-1}
most=${3:-5000}
out=$BUILD/bench/stretch.$(basename "$image" .img).el$el
kernel=$BUILD/kernel/kernel.elf
case $image in *-debug.img) kernel=$BUILD/kernel/kernel-debug.elf ;; esac
mkdir -p "$BUILD/bench"

count_run "$el" "$(count_cpu "$el")" "$image" "out=$out" >"$out.console"
grep '^S ' "$out" | sort -k2,2nr | head -10 >"$out.top"
[ -s "$out.top" ] || {
    echo "stretch.sh: the kernel was never entered" >&2
    exit 1
}
while read -r _ length from to _; do
    printf '%7d  %s .. %s\n' "$length" \
        "$(aarch64-linux-gnu-addr2line -f -s -e "$kernel" "0x$from" | paste -sd' ')" \
        "$(aarch64-linux-gnu-addr2line -f -s -e "$kernel" "0x$to" | paste -sd' ')"
done <"$out.top"
awk -v most="$most" -v el="$el" 'NR == 1 {
    printf "longest stretch without a window for interrupts at EL%d: %d instructions, limit %d\n", el, $2, most
    exit $2 > most }' "$out.top"
