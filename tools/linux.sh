#!/bin/sh
# linux.sh [options] [--] COMMAND [ARGUMENTS...]: runs a command on Debian's own arm64 kernel, in the QEMU and on the board that
# Tessera runs on; prints what it prints, returns its status.  What figures and verdicts are compared with.
#     --disk IMAGE   the root file system: an ext4 image; what is written to it is forgotten
#     --keep         what is written to it is kept
#     --cpio FILE    the root file system: an archive, in memory (with busybox in /bin)
#     --script FILE  runs the lines of FILE instead of COMMAND
#     --icount       deterministic: one instruction per nanosecond of virtual time
#     --plugin SPEC  a plugin of QEMU, with its arguments
#     --cpu CPU      default cortex-a72
#     --memory SIZE  default 1G
#     --timeout S    default 120; status 124 when it is hit
#     --prepare      only makes the kernel ready
# Status 125: the machine ended without saying what became of the command.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
home=$top/.cache/arm64/linux
modules="virtio_mmio virtio_blk crc32c_generic ext4"

fail() {
    echo "linux.sh: $*" >&2
    exit 2
}

disk= keep= archive= plugin= script= icount= cpu=cortex-a72 memory=1G limit=120 prepare=
while [ $# -gt 0 ]; do
    case $1 in
    --disk | --cpio | --script | --plugin | --cpu | --memory | --timeout) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
    --disk) disk=$2 && shift ;;
    --keep) keep=1 ;;
    --cpio) archive=$2 && shift ;;
    --script) script=$2 && shift ;;
    --icount) icount=--icount ;;
    --plugin) plugin=$2 && shift ;;
    --cpu) cpu=$2 && shift ;;
    --memory) memory=$2 && shift ;;
    --timeout) limit=$2 && shift ;;
    --prepare) prepare=1 ;;
    --) shift && break ;;
    --*) fail "unknown option $1" ;;
    *) break ;;
    esac
    shift
done
[ "$prepare" ] || [ "$disk" ] || [ "$archive" ] || fail "a root file system is needed: --disk or --cpio"
[ "$prepare" ] || [ "$script" ] || [ $# -gt 0 ] || fail "no command"
for file in "$disk" "$archive" "$script"; do
    [ -z "$file" ] || [ -r "$file" ] || fail "$file cannot be read"
done

# The kernel and its first file system, made once.
# shellcheck disable=SC2086 # one argument a module
"$top/tools/debian-kernel.sh" kernel "$home" "$top/tests/linux/native/init" $modules
[ -z "$prepare" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/command"
if [ "$script" ]; then
    cp "$script" "$work/command/command"
else
    for word in "$@"; do
        printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done >"$work/command/command"
    echo >>"$work/command/command"
fi
"$top/tools/rootfs.sh" cpio "$work/command.cpio" "$work/command"
cat ${archive:+"$archive"} "$home/first.cpio" "$work/command.cpio" >"$work/initrd"
set -- -initrd "$work/initrd"
[ -z "$plugin" ] || set -- "$@" -plugin "$plugin"
append="console=ttyAMA0 quiet loglevel=1 panic=-1 rdinit=/init"
if [ "$disk" ]; then
    append="$append root=/dev/vda"
    snapshot=on
    [ -z "$keep" ] || snapshot=off
    set -- "$@" -drive "file=$disk,format=raw,if=none,id=root,snapshot=$snapshot" -device virtio-blk-device,drive=root
fi
status=0
# shellcheck disable=SC2086 # none or one word
"$top/tools/qemu.sh" "$home/vmlinuz" --cpu "$cpu" --memory "$memory" --no-iommu $icount --timeout "$limit" -- \
    "$@" -append "$append" >"$work/out" || status=$?
# The line before the mark is the mark's own.
tr -d '\r' <"$work/out" | awk '
    /^linux.sh-status: / { exit }
    NR > 1 { print last }
    { last = $0 }
    END { if ($0 !~ /^linux.sh-status: / || last != "") print last }'
[ "$status" != 124 ] || exit 124
said=$(sed -n 's/^linux.sh-status: \([0-9]*\).*/\1/p' "$work/out" | tail -n 1)
exit "${said:-125}"
