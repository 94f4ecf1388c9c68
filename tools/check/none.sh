#!/bin/sh
# The port to nothing links: every architecture function that generic code uses is in kernel/arch.h, and no other.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
[ -x "$BUILD/kernel/kernel-none" ] || {
    echo "FAIL no kernel-none was built"
    exit 1
}
# An undefined symbol would have failed the link; an empty list of sources would not.
for function in arch_tlb_range cap_make schedule; do
    nm "$BUILD/kernel/kernel-none" | grep -q " [TtW] $function\$" || {
        echo "FAIL kernel-none has no $function"
        exit 1
    }
done
