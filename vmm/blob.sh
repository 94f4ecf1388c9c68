#!/bin/sh
# blob.sh OUT.S NAME FILE [NAME FILE]...: an assembler file with the contents of the files, each between the labels NAME and NAME_end.
set -eu
out=$1
shift
{
    echo '    .section .rodata'
    while [ $# -gt 0 ]; do
        echo "    .balign 4096"
        echo "    .global $1, ${1}_end"
        echo "$1:"
        echo "    .incbin \"$(realpath "$2")\""
        echo "${1}_end:"
        shift 2
    done
    echo '    .section .note.GNU-stack, "", %progbits'
} >"$out"
