#!/bin/sh
# What the loader does with a damaged image or a device tree that is wrong: one line "tessera: ..." that says what is
# wrong, then power-off; and with unusual ones that are right: it boots.  Prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
image=$BUILD/hello.img
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
sum='^[1-9][0-9]* passed, 0 failed$'

# verdict NAME PATTERN: QEMU ended by itself and printed a line that matches: a complaint is the only line, else all is
# well to the end.
verdict() {
    tr -d '\r' <"$work/out" >"$work/lines"
    count=$(grep -c . "$work/lines")
    case $2 in
    '^tessera'*) [ "$count" = 1 ] ;;
    *) grep -Eq "$sum" "$work/lines" ;;
    esac
    whole=$?
    if [ "$status" = 0 ] && [ "$whole" = 0 ] && grep -Eq "$2" "$work/lines"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: status $status, expected $2, got $count lines: $(head -n 3 "$work/lines" | cut -c 1-150)"
    fi
}

# image_case NAME PATTERN: starts $work/x.img as firmware would, on each kind of start.
image_case() {
    for start in "--el2" "--cpu cortex-a53" "--cpu cortex-a57 --el2 --gic 2"; do
        # shellcheck disable=SC2086 # options are words without blanks
        tools/qemu.sh "$work/x.img" --memory 128M --timeout 60 $start >"$work/out" 2>"$work/errors"
        status=$?
        verdict "$1 ($start)" "$2"
    done
}

# number of bytes before the archive: the loader's size
loader=$(wc -c <"$BUILD/kernel/loader/loader.bin")
size=$(wc -c <"$image")
# poke FILE OFFSET BYTES: overwrite; BYTES as printf(1) writes them
poke() {
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
entry() { # field of entry N in the archive's header: offset is word 4, bytes word 5 of 48 bytes
    od -A n -t u8 -j $((loader + 40 + $1 * 48 + 32 + $2 * 8)) -N 8 "$image" | tr -d ' '
}
kernel_at=$((loader + $(entry 0 0)))
root_at=$((loader + $(entry 1 0)))

cp "$image" "$work/x.img"
image_case "an undamaged image boots" "$sum"
for byte in $kernel_at $((kernel_at + 70000)) $((root_at + 5000)) $((size - 1)); do
    cp "$image" "$work/x.img"
    old=$(od -A n -t u1 -j "$byte" -N 1 "$image" | tr -d ' ')
    poke "$work/x.img" "$byte" "\\$(printf %o $((old ^ 16)))"
    image_case "one changed bit at $byte is noticed" '^tessera: image: damaged or cut short$'
done
for byte in $((loader + 25)) $((loader + 40)) $((loader + 4095)); do
    cp "$image" "$work/x.img"
    poke "$work/x.img" "$byte" '\252'
    image_case "a changed archive header at $byte is noticed" '^tessera: image: damaged header$'
done
head -c $((size - 4096)) "$image" >"$work/x.img"
image_case "an image without its last page is noticed" '^tessera: image: damaged or cut short$'
head -c $((kernel_at + 100)) "$image" >"$work/x.img"
image_case "an image cut in the kernel is noticed" '^tessera: image: damaged or cut short$'
head -c "$loader" "$image" >"$work/x.img"
image_case "a loader without an archive is noticed" '^tessera: image: nothing behind the loader: the image is cut short$'

# A kernel or root program that is no proper program, in an image that is otherwise right: what the sums cannot see.
program_case() { # NAME PATTERN KERNEL ROOT
    "$BUILD/tools/mkimage" "$work/x.img" "$BUILD/kernel/loader/loader.bin" "$3" "$4" || exit 2
    tools/qemu.sh "$work/x.img" --memory 128M --timeout 60 --el2 >"$work/out" 2>"$work/errors"
    status=$?
    verdict "$1" "$2"
}
good_kernel=$BUILD/kernel/kernel.elf good_root=$BUILD/hello.elf
patched() { # FILE OFFSET BYTES
    cp "$1" "$work/x.elf"
    poke "$work/x.elf" "$2" "$3"
}
program_case "a kernel linked elsewhere is refused" '^tessera: kernel: a segment is outside the address range$' "$good_root" "$good_root"
program_case "a root program at kernel addresses is refused" '^tessera: root program: a segment is outside the address range$' \
    "$good_kernel" "$good_kernel"
patched "$good_root" 16 '\003'
program_case "a shared object is refused" '^tessera: root program: not a static executable$' "$good_kernel" "$work/x.elf"
patched "$good_root" 24 '\000\000\000\000'
program_case "an entry outside the code is refused" '^tessera: root program: the entry is not in an executable segment$' \
    "$good_kernel" "$work/x.elf"
patched "$good_root" 56 '\377\000'
program_case "too many program headers are refused" '^tessera: root program: bad program header table$' "$good_kernel" "$work/x.elf"
patched "$good_root" 32 '\377\377\377\177'
program_case "a program header table outside is refused" '^tessera: root program: bad program header table$' "$good_kernel" "$work/x.elf"
patched "$good_root" 68 '\007'
program_case "a writable and executable segment is refused" '^tessera: root program: a segment is writable and executable$' \
    "$good_kernel" "$work/x.elf"
patched "$good_root" 80 '\001'
program_case "a misaligned segment is refused" "^tessera: root program: a segment's address is not page aligned\$" "$good_kernel" "$work/x.elf"
patched "$good_root" 96 '\377\377\377\377\000'
program_case "a segment longer than its file is refused" '^tessera: root program: a segment is outside the file$' "$good_kernel" "$work/x.elf"

# ---- device trees: entered through stub.bin, which sets x0; the board's own tree is changed and put elsewhere ----
tree=$work/tree.dtb
ram=256
stub_at=0x4f000000
image_at=0x40200000
# tree_boot ADDRESS-OF-TREE FILE: OPTIONS in $machine
tree_boot() {
    # shellcheck disable=SC2086
    timeout 60 qemu-system-aarch64 $machine -m "$ram" -display none -monitor none -serial stdio -nodefaults -no-reboot \
        -device loader,file="$BUILD/tests/loader/stub.bin",addr=$stub_at,force-raw=on \
        -device loader,addr=$((stub_at + 256)),data="$1",data-len=8 \
        -device loader,addr=$((stub_at + 264)),data=$image_at,data-len=8 \
        -device loader,file="$image",addr=$image_at,force-raw=on \
        -device loader,file="$2",addr="$1",force-raw=on \
        -device loader,addr=$stub_at,cpu-num=0 </dev/null >"$work/out" 2>"$work/errors"
    status=$?
}
# tree_case NAME PATTERN COMMAND: the command changes $tree, a fresh copy
tree_case() {
    cp "$work/board.dtb" "$tree"
    eval "$3" || {
        failed=$((failed + 1))
        echo "FAIL $1: the tree cannot be changed"
        return
    }
    tree_boot "${at:-0x48000000}" "$tree"
    verdict "$1 ($kind)" "$2"
}
dump() { # OPTIONS: the board's tree, without the room QEMU leaves in it
    machine=$1
    # shellcheck disable=SC2086
    qemu-system-aarch64 ${machine%% -cpu*},dumpdtb="$work/raw.dtb" -cpu "${machine##*-cpu }" -m "$ram" -display none \
        -nodefaults >/dev/null 2>&1
    dtc -q -I dtb -O dtb -o "$work/board.dtb" "$work/raw.dtb"
}
put() {
    fdtput "$tree" "$@"
}

for kind in "EL2, GICv3" "EL1, GICv2"; do
    case $kind in
    EL2*)
        dump "-M virt,virtualization=on,gic-version=3 -cpu cortex-a76"
        gic=/intc@8000000
        ;;
    *)
        dump "-M virt,gic-version=2 -cpu cortex-a72"
        gic=/intc@8000000
        ;;
    esac
    memory=/memory@40000000
    uart=/pl011@9000000
    tree_case "the board's own tree boots" "$sum" true
    at=0x4fff8000 tree_case "a tree at the end of memory boots" "$sum" true
    at=0x40100000 tree_case "a tree below the image boots" "$sum" true
    image_at=0x46000000 tree_case "an image elsewhere boots" "$sum" true
    image_at=0x40a35000 tree_case "an image at any page boots" "$sum" true
    at=0x401f0000 image_at=0x40100000 tree_case "an image and a tree where the kernel would go first boot" "$sum" true
    at=0x44444448 tree_case "a tree at a multiple of 8 boots" "$sum" true
    at=0x44444444 tree_case "a misaligned tree is refused" '^tessera: device tree: its address is 0 or not a multiple of 8$' true
    tree_case "no tree is noticed" '^tessera: device tree: FDT_ERR_BADMAGIC$' 'poke $tree 0 "\000\000\000\000"'
    tree_case "a tree cut short is noticed" '^tessera: device tree: FDT_ERR_' 'head -c 600 $tree >$work/cut && cp $work/cut $tree'
    tree_case "a tree of 3 MiB is refused" '^tessera: device tree: longer than 2 MiB$' 'poke $tree 4 "\000\060\000\000"'
    tree_case "a structure block outside is noticed" '^tessera: device tree: FDT_ERR_' 'poke $tree 8 "\177"'
    tree_case "a strings block outside is noticed" '^tessera: device tree: FDT_ERR_' 'poke $tree 12 "\177"'
    tree_case "garbage in the structure is noticed" '^tessera: device tree: FDT_ERR_' 'poke $tree $(od -A n -t u1 -j 11 -N 1 $tree) "\377\377\377\377"'
    tree_case "no interrupt controller is noticed" '^tessera: device tree: ' 'fdtput -r $tree $gic'
    tree_case "an unknown interrupt controller is noticed" '^tessera: device tree: ' 'put -t s $gic compatible arm,gic-v9'
    tree_case "a misplaced distributor is noticed" '^tessera: device tree: bad address of the interrupt distributor$' \
        'put -t x $gic reg 0 8000001 0 10000 0 8080000 0 20000'
    tree_case "missing second registers are noticed" '^tessera: device tree: bad address of (a redistributor region|the interrupt controller.s CPU interface)$' \
        'put -t x $gic reg 0 8000000 0 10000'
    tree_case "no UART is noticed" '^tessera: device tree: no PL011 UART$' 'fdtput -r $tree $uart'
    tree_case "a disabled UART is not used" '^tessera: device tree: no PL011 UART$' 'put -t s $uart status disabled && fdtput -d $tree /chosen stdout-path'
    tree_case "a UART without an interrupt is noticed" '^tessera: device tree: bad interrupt of the UART$' 'fdtput -d $tree $uart interrupts'
    tree_case "an interrupt number too large is noticed" '^tessera: device tree: bad interrupt of the UART$' 'put -t x $uart interrupts 0 ffff 4'
    tree_case "no memory is noticed" '^tessera: device tree: no memory$' 'fdtput -r $tree $memory'
    tree_case "empty memory is noticed" '^tessera: device tree: no memory$' 'put -t x $memory reg 0 40000000 0 0'
    tree_case "memory that overlaps is noticed" '^tessera: device tree: memory ranges overlap$' \
        'put -t x $memory reg 0 40000000 0 8000000 0 47000000 0 8000000'
    tree_case "memory elsewhere is noticed" '^tessera: device tree: the image does not lie in memory$' 'put -t x $memory reg 0 48000000 0 8000000'
    tree_case "memory that ends in the image is noticed" '^tessera: (device tree: the image does not lie in memory|image: longer than the memory it lies in)$' \
        'put -t x $memory reg 0 40000000 0 211000'
    tree_case "memory in pieces and out of order boots" "$sum" \
        'put -t x $memory reg 0 4c001000 0 3000000 0 40000000 0 8000000 0 48000000 0 4000123'
    reserve='put -t x /reserved-memory "#address-cells" 2 && put -t x /reserved-memory "#size-cells" 2 && put /reserved-memory ranges'
    tree_case "reserved memory is left alone" '^el=. gic=. ram=255M ' \
        "fdtput -p -t x \$tree /reserved-memory/a@44000000 reg 0 44000000 0 100000 && $reserve"
    tree_case "reserved memory of unknown place is refused" '^tessera: device tree: bad reserved memory$' \
        "fdtput -p -t x \$tree /reserved-memory/a@44000000 reg 0 44000000 0 100000 && $reserve && fdtput -d \$tree /reserved-memory ranges"
    tree_case "an image in reserved memory is refused" '^tessera: device tree: the image does not lie in memory$' \
        "fdtput -p -t x \$tree /reserved-memory/a@40204000 reg 0 40204000 0 1000 && $reserve"
    tree_case "no room for the kernel is noticed" '^tessera: memory: no room for the kernel$' \
        "put -t x $memory reg 0 40200000 0 400000 && fdtput -p -t x \$tree /reserved-memory/a@40400000 reg 0 40400000 0 1000 && $reserve"
    tree_case "no timer is noticed" '^tessera: device tree: no timer$' 'fdtput -r $tree /timer'
    tree_case "a timer with too few interrupts is noticed" '^tessera: device tree: bad interrupts of the timer$' 'put -t x /timer interrupts 1 d 4'
    tree_case "no PSCI is noticed" '^tessera: device tree: no PSCI' 'fdtput -r $tree /psci'
    tree_case "a PSCI method that does not exist is noticed" '^tessera: device tree: no PSCI' 'put -t s /psci method svc'
done
# What needs one kind of start only; and faults in the loader at the levels it can run at.
pieces=
for n in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    pieces="$pieces 0 4${n}800000 0 400000"
done
dead='put -t x $gic reg 0 8000000 0 10000 0 b000000 0 20000'
fault='^tessera: fault in the loader: ESR 0x[0-9a-f]+ ELR image\+0x[0-9a-f]+ FAR 0x'
kind="EL1, GICv3"
dump "-M virt,gic-version=3 -cpu cortex-a53"
tree_case "registers that do not answer are a fault that is told" "$fault" "$dead"
tree_case "more pieces of memory than the kernel takes are noticed" '^tessera: memory: too many ranges of memory$' \
    "put -t x $memory reg 0 40000000 0 600000 $pieces"
kind="EL2 without VHE, GICv3"
dump "-M virt,virtualization=on,gic-version=3 -cpu cortex-a57"
tree_case "the board's own tree boots" "$sum" true
tree_case "registers that do not answer are a fault that is told" "$fault" "$dead"
kind="EL2, GICv3"
dump "-M virt,virtualization=on,gic-version=3 -cpu cortex-a76"
tree_case "hvc from the highest level is refused" '^tessera: device tree: PSCI by hvc, but nothing is above EL2' 'put -t s /psci method hvc'
tree_case "registers that do not answer are a fault that is told" "$fault" "$dead"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
