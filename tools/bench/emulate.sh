# For the scripts of this folder: the one machine that counts are taken on.
#     count_run EL CPU KERNEL PLUGIN-ARGUMENTS [QEMU-OPTIONS...]
# runs KERNEL at that exception level until it ends and writes its console to stdout.  Everything that could make
# two runs differ is fixed: time is counted in instructions, the clock begins at one date, no random numbers from the
# device tree.  Fails when the machine does not end by itself.
BUILD=${BUILD:-build}
LIMIT=${LIMIT:-300} # seconds; only to end what hangs

count_run() {
    level=
    [ "$1" = 1 ] || level=--el2
    run_cpu=$2 run_kernel=$3 run_plugin=$4
    shift 4
    sh "$here/../qemu.sh" "$run_kernel" --cpu "$run_cpu" $level --memory 256M --icount --timeout "$LIMIT" -- \
        -semihosting-config enable=on,target=native -plugin "$BUILD/tools/bench/count.so,$run_plugin" "$@"
}

# The CPU that stands for each exception level: one without and one with the virtualization host extensions.
count_cpu() {
    if [ "$1" = 2 ]; then
        echo cortex-a76
    else
        echo cortex-a72
    fi
}
