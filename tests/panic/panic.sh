#!/bin/sh
# What a kernel does that finds a bug in itself: damaged kernels are made by overwriting the first instructions of a
# function, and must end in a panic that names the function, then in a power-off.  Prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# damage KERNEL FUNCTION BYTES: $work/k.elf is KERNEL with BYTES (as printf(1) writes them) at the start of FUNCTION
damage() {
    cp "$BUILD/kernel/$1" "$work/k.elf"
    # The text segment begins at kernel_first; the low digits suffice, an image is smaller than 2^28 bytes.
    address=$(nm "$work/k.elf" | awk -v f="$2" '$3 == f { print substr($1, 10) }')
    offset=$(readelf -lW "$work/k.elf" | awk '$1 == "LOAD" { print substr($2, 3); exit }')
    [ "$address" ] && [ "$offset" ] || {
        echo "FAIL no $2 in $1"
        return 1
    }
    # shellcheck disable=SC2059
    printf "$3" | dd of="$work/k.elf" bs=1 seek=$((0x$address + 0x$offset)) conv=notrunc 2>/dev/null
    "$BUILD/tools/mkimage" "$work/x.img" "$BUILD/kernel/loader/loader.bin" "$work/k.elf" "$BUILD/panic.elf"
}

# expect NAME PATTERN...: it ran to the power-off, and its lines match every pattern
expect() {
    name=$1
    shift
    for start in "" "$second" "--el2"; do
        # shellcheck disable=SC2086 # options are words without blanks
        tools/qemu.sh "$work/x.img" --memory 128M --timeout 60 $start >"$work/out" 2>"$work/errors"
        status=$?
        tr -d '\r' <"$work/out" >"$work/lines"
        ok=1
        [ "$status" = 0 ] || ok=
        for pattern; do
            grep -Eq "$pattern" "$work/lines" || {
                echo "FAIL $name (${start:---el1}): no line matches $pattern"
                ok=
            }
        done
        if [ "$ok" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAIL $name (${start:---el1}): status $status"
            head -n 40 "$work/lines"
        fi
    done
}

undefined='\000\000\000\000'              # udf #0
far_store='\000\002\200\322\037\000\000\371' # mov x0, #16; str xzr, [x0]
lost_stack='\377\377\177\321\000\000\000\000' # sub sp, sp, #0xfff000; udf #0
text_store='\000\000\000\020\037\000\000\371' # adr x0, .; str xzr, [x0]
stack_jump='\340\003\000\221\000\000\037\326' # mov x0, sp; br x0
user_load='\000\010\240\322\000\000\100\371' # mov x0, #0x400000; ldr x0, [x0]

second="--cpu cortex-a57 --gic 2 --el2"

for kernel in kernel.elf kernel-debug.elf; do
    damage $kernel machine_invoke '' &&
        expect "$kernel undamaged" '^the kernel is not damaged$'
    damage $kernel machine_invoke "$undefined" &&
        expect "$kernel: an undefined instruction in the kernel" \
            '^exception in the kernel: vector 0x4 ESR 0x2000000 ELR 0x[0-9a-f]+ machine_invoke\+0x0 ' \
            '^kernel panic: ' '^  0x[0-9a-f]+ machine_invoke\+0x0$' '^  0x[0-9a-f]+ invoke\+0x[0-9a-f]+$' \
            '^thread [0-9]+ "root" ready priority 254' '^  x0 0x' '^  pc 0x[0-9a-f]+ sp 0x' \
            '^last events:$' '^  [0-9]+ thread [0-9]+ syscall 0x3 ' '^  [0-9]+ thread [0-9]+ invoke 0x92 '
    damage $kernel machine_invoke "$far_store" &&
        expect "$kernel: a store to an address of nobody" \
            '^exception in the kernel: vector 0x4 ESR 0x9[67][0-9a-f]+ ELR 0x[0-9a-f]+ machine_invoke\+0x4 FAR 0x10 ' \
            '^kernel panic: ' '^  0x[0-9a-f]+ invoke\+0x[0-9a-f]+$'
    damage $kernel machine_invoke "$lost_stack" &&
        expect "$kernel: the stack pointer is lost" '^kernel panic: ' '^  0x[0-9a-f]+ machine_invoke\+0x4$' \
            '^thread [0-9]+ "root"'
    damage $kernel machine_invoke "$text_store" &&
        expect "$kernel: code is read-only" \
            '^exception in the kernel: vector 0x4 ESR 0x9[67][0-9a-f]*4f ELR 0x[0-9a-f]+ machine_invoke\+0x4 '
    damage $kernel machine_invoke "$stack_jump" &&
        expect "$kernel: data is never executed" \
            '^exception in the kernel: vector 0x4 ESR 0x8600000f ELR 0x[0-9a-f]+ FAR '
    second="--cpu max --gic 2 --el2" # cortex-a57 has no PAN
    damage $kernel machine_invoke "$user_load" &&
        expect "$kernel: user memory is not looked at" \
            '^exception in the kernel: vector 0x4 ESR 0x9[67][0-9a-f]*0f ELR 0x[0-9a-f]+ machine_invoke\+0x4 FAR 0x400000 '
    second="--cpu cortex-a57 --gic 2 --el2"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" = 42 ]
