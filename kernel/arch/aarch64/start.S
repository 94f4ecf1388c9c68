/* The kernel's first instructions: x0 = struct handoff, MMU on, bss zeroed by the loader (boot/handoff.h). */
    .section .text.start, "ax"
    .global _start
_start:
    msr     spsel, #1
    adrp    x1, cpu_boot
    ldr     x1, [x1, :lo12:cpu_boot]
    mov     sp, x1                  /* struct cpu is the top of the CPU's stack */
    mov     x29, xzr
    mov     x30, xzr
    mov     x19, x0
    bl      psci_init               /* first of all: whatever goes wrong ends in a power-off */
    mov     x0, x19
    bl      boot_main
    b       exit_full               /* to the root thread */
