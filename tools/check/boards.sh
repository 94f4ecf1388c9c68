#!/bin/sh
# The hardware in systems/boards is that of the emulated boards: virt.adl is what tools/board makes of QEMU's device tree.
#     boards.sh [--write]   writes it instead
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
timeout 60 qemu-system-aarch64 -M virt,gic-version=3,iommu=smmuv3,dumpdtb="$work/virt.dtb" -cpu cortex-a76 -nodefaults \
    -display none >/dev/null 2>&1
"$BUILD/tools/board" "$work/virt.dtb" >"$work/virt.adl"
if [ "${1:-}" = --write ]; then
    cp "$work/virt.adl" systems/boards/virt.adl
elif ! diff -u systems/boards/virt.adl "$work/virt.adl"; then
    echo "FAIL systems/boards/virt.adl is not what QEMU's board has: tools/check/boards.sh --write"
    exit 1
fi
