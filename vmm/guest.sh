#!/bin/sh
# guest.sh OUT.S: an assembler file with the guests' kernel and first file system, both made once of Debian packages.
set -eu
out=$(realpath "$1")
cd "$(dirname "$0")/.."
tools/guest.sh >&2
{
    echo '    .section .rodata'
    for name in image initrd; do
        echo "    .balign 4096"
        echo "    .global guest_$name, guest_${name}_end"
        echo "guest_$name:"
        echo "    .incbin \"$PWD/.cache/arm64/guest/$name\""
        echo "guest_${name}_end:"
    done
    echo '    .section .note.GNU-stack, "", %progbits'
} >"$out"
