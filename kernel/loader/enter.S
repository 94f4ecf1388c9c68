/*
 * The loader's last step, linked into the kernel: the loader's own mapping can only be dropped from an address that
 * stays.  x0 = handoff (passed on), x1 = TTBR0 value of the empty table.  This is the kernel's ELF entry.
 */
    .section .text.kernel_enter, "ax"
    .global kernel_enter
kernel_enter:
    msr     ttbr0_el1, x1
    isb
    tlbi    vmalle1
    dsb     nsh
    isb
    b       _start
