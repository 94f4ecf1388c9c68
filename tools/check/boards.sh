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
# The doorbell of messages is the translation frame of the service, 64 KiB behind its control frame, at 0x40 there.
service=$(sed -n "/^hardware ArmGicV3Its_/,/^}/s/.*Mmio regs at \(0x[0-9a-f]*\) .*/\1/p" systems/boards/virt.adl)
doorbell=$(printf "0x%x" $((service + 0x10040)))
grep -q "doorbell = $doorbell;" systems/lib/pci_messages.adl || {
    echo "FAIL doorbell in systems/lib/pci_messages.adl is not $doorbell, where messages go"
    exit 1
}
# The PCI host puts device 0 where the board file has it.
window=$(sed -n '/^hardware Pci_00_00_0 /,/^}/s/.*Mmio regs at \(0x[0-9a-f]*\) .*/\1/p' systems/boards/virt.adl)
grep -q "^ *config *u64 window = $window;" drivers/pcie_host/pcie_host.adl || {
    echo "FAIL the default of window in drivers/pcie_host/pcie_host.adl is not $window, where Pci_00_00_0 is"
    exit 1
}
