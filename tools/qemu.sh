#!/bin/sh
# qemu.sh IMAGE [options] [-- QEMU-ARGUMENTS...]: start an image in QEMU, board virt, console on standard output.
#     --cpu CPU      default cortex-a76
#     --gic 2|3      default 3
#     --memory SIZE  default 1G
#     --el2          start at EL2 (virtualization=on); without it at EL1
#     --machine M    further machine options, e.g. highmem=off
#     --no-iommu     without the SMMU, which is on: what a device reaches is then its driver's word
#     --icount       deterministic: one instruction per nanosecond of virtual time, no wall clock, no randomness
#     --timeout S    give up after S seconds (status 124), read nothing from standard input, end at a reset;
#                    without it the console is interactive (Ctrl-A X quits)
#     --input FILE   with --timeout: type FILE on the console, one line each 50 ms, from 0.5 s after the start
#     --options FILE what is in FILE goes to QEMU, too; a line `disk NAME SIZE [TOOL]` makes an empty file beside the image, whose path is
#                    written @NAME@, and lets TOOL, in the build folder, fill it; lines that begin with # are for people
#     --disk NAME=FILE   with --options: FILE, as it is, takes the place of its disk NAME
#     --print        print the command instead of running it
# Exit status: QEMU's; 124 when the time limit was hit.
set -eu
image=${1:?usage: qemu.sh IMAGE [options] [-- QEMU-ARGUMENTS...]}
shift
cpu=cortex-a76 gic=3 memory=1G iommu=,iommu=smmuv3 el2= extra= icount= timeout= print= input= devices= disks=
fail() {
    echo "qemu.sh: $*" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --cpu | --gic | --memory | --machine | --timeout | --input | --options | --disk) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
    --cpu) cpu=$2 && shift ;;
    --gic) gic=$2 && shift ;;
    --memory) memory=$2 && shift ;;
    --machine) extra=,$2 && shift ;;
    --timeout) timeout=$2 && shift ;;
    --input) input=$2 && shift ;;
    --options) devices=$2 && shift ;;
    --disk) disks="$disks $2" && shift ;;
    --no-iommu) iommu= ;;
    --el2) el2=,virtualization=on ;;
    --icount) icount=1 ;;
    --print) print=1 ;;
    --) shift && break ;;
    *) fail "unknown option $1" ;;
    esac
    shift
done
case $gic in 2 | 3) ;; *) fail "--gic is 2 or 3, not $gic" ;; esac
[ -r "$image" ] || fail "$image cannot be read"
if [ "$devices" ]; then
    [ -r "$devices" ] || fail "$devices cannot be read"
    beside=$(dirname "$image")
    while read -r word name size tool; do
        [ "$word" = disk ] || continue
        case " $disks" in *" $name="*) continue ;; esac
        rm -f "$beside/$name"
        truncate -s "$size" "$beside/$name"
        [ -z "$tool" ] || "${BUILD:-build}/$tool" "$beside/$name"
    done <"$devices"
    named=
    for disk in $disks; do
        named="${named}s|@${disk%%=*}@|${disk#*=}|g; "
    done
    # shellcheck disable=SC2046 # several options
    set -- "$@" $(sed "/^disk /d; /^#/d; ${named}s|@\([a-z]*\)@|$beside/\1|g" "$devices")
fi
[ "$cpu" != max ] || cpu=max,pauth-impdef=on # the architected cipher makes TCG crawl
machine=virt,gic-version=$gic$iommu$el2$extra
if [ "$icount" ]; then
    machine=$machine,dtb-randomness=off
    set -- -icount shift=0,sleep=off -rtc base=2024-01-01,clock=vm "$@"
fi
set -- qemu-system-aarch64 -M "$machine" -cpu "$cpu" -m "$memory" -kernel "$image" -nodefaults "$@"
if [ "$timeout" ]; then
    set -- timeout -k 5 "$timeout" "$@" -display none -monitor none -serial stdio -no-reboot
else
    set -- "$@" -nographic -serial mon:stdio
fi
# Stops at the first line that nobody reads.
type_lines() {
    sleep 0.5
    while IFS= read -r line || [ "$line" ]; do
        printf '%s\n' "$line" || return 0
        sleep 0.05
    done <"$1"
}
if [ "$print" ]; then
    echo "$*"
elif [ "$timeout" ] && [ "$input" ]; then
    type_lines "$input" 2>/dev/null | "$@"
elif [ "$timeout" ]; then
    exec "$@" </dev/null
else
    exec "$@"
fi
