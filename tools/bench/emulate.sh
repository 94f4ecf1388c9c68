# For the scripts of this folder: the one machine that counts are taken on.
#     count_run EL CPU KERNEL PLUGIN-ARGUMENTS
# runs KERNEL at that exception level until it ends and writes its console to stdout.  Everything that could make
# two runs differ is fixed: time is counted in instructions, the clock begins at one date, no random numbers from the
# device tree.  Fails when the machine does not end by itself.
BUILD=${BUILD:-build}
QEMU=${QEMU:-qemu-system-aarch64}
LIMIT=${LIMIT:-300} # seconds; only to end what hangs

count_run() {
    machine=virt,gic-version=3,dtb-randomness=off
    if [ "$1" = 2 ]; then
        machine=$machine,virtualization=on
    fi
    timeout -k 5 "$LIMIT" "$QEMU" -M "$machine" -cpu "$2" -m 256M -nographic -monitor none -serial stdio \
        -semihosting-config enable=on,target=native \
        -icount shift=0,sleep=off -rtc base=2024-01-01,clock=vm \
        -plugin "$BUILD/tools/bench/count.so,$4" -kernel "$3" </dev/null
}

# The CPU that stands for each exception level: one without and one with the virtualization host extensions.
count_cpu() {
    if [ "$1" = 2 ]; then
        echo cortex-a76
    else
        echo cortex-a72
    fi
}
