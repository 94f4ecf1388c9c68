/*
 * A program of known length, to verify the counting plugin (tools/bench/plugin) before its numbers are believed.
 * It needs no kernel: it is one.  At EL1, or at EL2 with VHE, it maps the first GiB of RAM twice, at its physical
 * address for user mode and in the upper half for itself, goes to user mode and runs three intervals:
 *     1  a loop of 2001 user instructions, no kernel
 *     2  one svc: 1 user instruction, and one kernel path with each kind of instruction the plugin tells apart
 *     3  a load that faults once and is tried again: 3 user instructions, as the load starts twice
 * What the plugin must write is in known.expect.  A last svc ends the emulation through semihosting.
 */
#define HIGH 0xffffff8000000000 /* lowest address that T1SZ = 25 translates through TTBR1 */

    .macro begin id
    movz xzr, #\id
    .endm
    .macro end id
    movz xzr, #\id, lsl #16
    .endm

    .text
    .globl _start
_start:
    mrs x0, CurrentEL
    cmp x0, #2 << 2
    b.ne 1f
    ldr x0, =1 << 34 | 1 << 27 /* HCR_EL2: E2H, TGE (Arm ARM D17.2.48); from here on _EL1 names mean EL2 */
    msr hcr_el2, x0
    isb
1:  mov x0, #0xff /* MAIR: index 0 Normal write-back */
    msr mair_el1, x0
    ldr x0, =tcr
    ldr x0, [x0]
    msr tcr_el1, x0
    adrp x0, user_table
    msr ttbr0_el1, x0
    adrp x0, kernel_table
    msr ttbr1_el1, x0
    isb
    tlbi vmalle1
    dsb sy
    isb
    mrs x0, sctlr_el1
    orr x0, x0, #1 /* M */
    msr sctlr_el1, x0
    isb
    ldr x0, =HIGH
    adr x1, vectors
    add x1, x1, x0
    msr vbar_el1, x1
    adr x1, to_user
    add x1, x1, x0
    br x1

to_user:
    msr spsr_el1, xzr /* EL0t */
    ldr x0, =user
    msr elr_el1, x0
    eret

    .balign 64
user:
    mov x5, #3 /* each interval three times: first, warm, warm */
again:
    begin 1
    mov x0, #1000
1:  subs x0, x0, #1
    b.ne 1b
    end 1

    adr x1, word
    begin 2
    svc #0
    end 2

    ldr x1, =HIGH
    begin 3
    ldr x0, [x1]
    mov x2, x0
    end 3

    subs x5, x5, #1
    b.ne again
    svc #1

word:
    .quad 0x1122334455667788, 0

    .balign 2048
vectors:
    .org vectors + 0x400 /* synchronous, lower level, AArch64 */
    b on_sync

on_sync:
    mrs x8, esr_el1
    lsr w9, w8, #26 /* exception class: 0x15 is svc (Arm ARM D17.2.37) */
    cmp w9, #0x15
    b.ne on_fault
    and w8, w8, #0xffff
    cbnz w8, on_exit
    msr tpidr_el1, x8
    msr daifset, #15
    dmb ish
    at s1e0r, x1
    dsb ish
    tlbi vale1is, xzr
    ic iallu
    isb
    adr x9, scratch
    dc cvac, x9
    ldp x10, x11, [x9]
    str x10, [x9]
2:  ldaxr x10, [x9]
    stlxr w11, x10, [x9]
    cbnz w11, 2b
    ldadd x8, x10, [x9]
    eret

/* A load from the upper half: let it be tried again at an address that user mode may read. */
on_fault:
    adr x1, word
    and x1, x1, #0x7fffffffff
    eret

on_exit:
    mov x0, #0x18 /* SYS_EXIT with ADP_Stopped_ApplicationExit, 0 */
    adr x1, exit_block
    hlt #0xf000
    b .

    .data
    .balign 16
exit_block:
    .quad 0x20026, 0
tcr: /* T0SZ = T1SZ = 25: one level-1 table each; 4 KiB granules, 36-bit physical addresses, write-back tables */
    .quad 25 | 1 << 8 | 1 << 10 | 3 << 12 | 25 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | 1 << 32
scratch: /* pair of words that the kernel path plays with */
    .quad 0, 0

    /* Block descriptors of level 1 (Arm ARM D8.3.1): the GiB at 0x40000000 where RAM begins. */
    .balign 4096
user_table:
    .quad 0, 0x40000000 | 1 << 10 | 3 << 8 | 3 << 6 | 1 /* read-only for both, so that EL1 may execute it, too */
    .fill 510, 8, 0
kernel_table:
    .quad 0, 0x40000000 | 1 << 10 | 3 << 8 | 1 << 54 | 1 /* read/write for the kernel, never executable by user */
    .fill 510, 8, 0
