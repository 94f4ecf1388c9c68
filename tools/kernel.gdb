# Commands for debugging the kernel in QEMU (tools/debug.sh).
set confirm off
set pagination off
set architecture aarch64
set disassemble-next-line auto

define connect
    target remote 127.0.0.1:$arg0
    # The loader runs first, at physical addresses; the kernel's entry is where its symbols begin to hold.
    hbreak kernel_enter
    echo Stopped before the loader; "continue" runs to the kernel's entry.\n
end
document connect
connect PORT: attach to QEMU and stop at the kernel's entry.
end

define threads
    printf "current thread of the boot CPU:\n"
    print *cpu_boot.current
end
document threads
threads: show the thread that runs.
end
