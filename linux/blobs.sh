#!/bin/sh
# blobs.sh OUT FILE...: an assembler file with the contents of the files, each between the labels NAME and NAME_end; NAME is
# vdso_image for vdso.so (and vdso_sigreturn_offset, where that function begins), init_image for init, root_cpio for root.cpio.
set -eu
out=$1
shift
{
    echo '    .section .rodata'
    for file in "$@"; do
        case $(basename "$file") in
        vdso.so) name=vdso_image ;;
        init) name=init_image ;;
        *.cpio) name=root_cpio ;;
        esac
        echo "    .balign 16"
        echo "    .global $name, ${name}_end"
        echo "$name:"
        echo "    .incbin \"$(realpath "$file")\""
        echo "${name}_end:"
        if [ "$name" = vdso_image ]; then
            offset=$(aarch64-linux-gnu-nm "$file" | awk '$3 == "__kernel_rt_sigreturn" { print $1 }' | head -n 1)
            printf '    .balign 8\n    .global vdso_sigreturn_offset\nvdso_sigreturn_offset:\n    .quad 0x%s\n' "$offset"
        fi
    done
    echo '    .section .note.GNU-stack, "", %progbits'
} >"$out"
