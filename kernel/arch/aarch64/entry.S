/*
 * Kernel entry and exit.
 *
 * In user mode SP_ELx (the exception stack pointer) is the address of the current thread, whose first member is its
 * register block: an entry stores there without having to look anything up.  In the kernel SP is the CPU's stack, and
 * the address of struct cpu is the top of that stack.  (docs/decisions/003-sp-is-the-thread.md)
 *
 *   vectors:  svc of a native thread -> path_call, path_reply_recv, path_signal (ipc/path.c), registers untouched
 *             all else               -> everything saved, C handler (trap.c), exit_full
 *   exits:    exit_same     the same native thread goes on; nothing was saved
 *             switch_native save the native state of one thread, go on with another, message in registers
 *             switch_full   save the native state of one thread, restore all of another
 *             exit_full     restore all registers of cpu->current
 */
#include "offsets.h"

/* The loader's page tables make text read-only, so nothing here is patched at run time. */
#define X(n) (T_X + 8 * (n))

/* Take the kernel lock: 0, or the low half of the holder's struct cpu.  It has a page of its own, so its address is one
 * instruction.  One CPU never waits; others spin with the exclusive monitor as wake-up.  wa, wb: scratch. */
.macro LOCK wcpu, a, wb
    adrp    \a, kernel_lock
71: ldaxr   \wb, [\a]
    cbnz    \wb, 72f
    stxr    \wb, \wcpu, [\a]
    cbnz    \wb, 71b
    .subsection 1
72: wfe
    b       71b
    .previous
.endm

.macro UNLOCK a
    adrp    \a, kernel_lock
    stlr    wzr, [\a]
.endm

/* Everything but x8, x9 into the thread at SP; x9 is free afterwards. */
.macro SAVE_REST
    stp     x0, x1, [sp, #X(0)]
    stp     x2, x3, [sp, #X(2)]
    stp     x4, x5, [sp, #X(4)]
    stp     x6, x7, [sp, #X(6)]
    stp     x10, x11, [sp, #X(10)]
    stp     x12, x13, [sp, #X(12)]
    stp     x14, x15, [sp, #X(14)]
    stp     x16, x17, [sp, #X(16)]
    stp     x18, x19, [sp, #X(18)]
    stp     x20, x21, [sp, #X(20)]
    stp     x22, x23, [sp, #X(22)]
    stp     x24, x25, [sp, #X(24)]
    stp     x26, x27, [sp, #X(26)]
    stp     x28, x29, [sp, #X(28)]
    mrs     x0, sp_el0
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    mrs     x3, tpidr_el0
    stp     x30, x0, [sp, #X(30)]
    stp     x1, x2, [sp, #T_PC]
    str     x3, [sp, #T_TLS]
.endm

/* What a system call preserves, into the thread at \t; x6..x9 are scratch. */
.macro SAVE_NATIVE t
    mrs     x6, sp_el0
    mrs     x7, elr_el1
    mrs     x8, spsr_el1
    mrs     x9, tpidr_el0
    stp     x18, x19, [\t, #X(18)]
    stp     x20, x21, [\t, #X(20)]
    stp     x22, x23, [\t, #X(22)]
    stp     x24, x25, [\t, #X(24)]
    stp     x26, x27, [\t, #X(26)]
    stp     x28, x29, [\t, #X(28)]
    stp     x30, x6, [\t, #X(30)]
    stp     x7, x8, [\t, #T_PC]
    str     x9, [\t, #T_TLS]
.endm

/* Its inverse, from the thread at SP. */
.macro RESTORE_NATIVE
    ldp     x4, x5, [sp, #T_PC]
    ldr     x6, [sp, #T_TLS]
    ldp     x30, x7, [sp, #X(30)]
    msr     elr_el1, x4
    msr     spsr_el1, x5
    msr     tpidr_el0, x6
    msr     sp_el0, x7
    ldp     x18, x19, [sp, #X(18)]
    ldp     x20, x21, [sp, #X(20)]
    ldp     x22, x23, [sp, #X(22)]
    ldp     x24, x25, [sp, #X(24)]
    ldp     x26, x27, [sp, #X(26)]
    ldp     x28, x29, [sp, #X(28)]
.endm

/* x2..x9 from the zeros in the thread at SP. */
.macro CLEAR_SCRATCH
    ldp     x2, x3, [sp, #T_ZERO]
    ldp     x4, x5, [sp, #T_ZERO + 16]
    ldp     x6, x7, [sp, #T_ZERO + 32]
    ldp     x8, x9, [sp, #T_ZERO + 48]
.endm

.macro VECTOR_BUG kind
    .balign 128
    mov     x0, #\kind
    b       kernel_bug
.endm

    .section .text.entry, "ax"

/* ---- vectors: the ordinary table and, while tracing, one that takes the recorded path for every system call ---- */
.macro VECTORS name, sync
    .balign 2048
    .global \name
\name:
    VECTOR_BUG 0                    /* current EL with SP_EL0: not used */
    VECTOR_BUG 1
    VECTOR_BUG 2
    VECTOR_BUG 3
    VECTOR_BUG 4                    /* current EL: a kernel bug, but */
    .balign 128
    stp     x8, x9, [sp, #X(8)]     /* an interrupt while idle: SP is the idle thread */
    b       irq_full
    VECTOR_BUG 6
    VECTOR_BUG 7
    .balign 128
    \sync
    .balign 128
    stp     x8, x9, [sp, #X(8)]
    b       irq_full
    VECTOR_BUG 10                   /* FIQ: everything is group 1 */
    .balign 128
    stp     x8, x9, [sp, #X(8)]
    b       serror_full
    VECTOR_BUG 12                   /* AArch32: never entered */
    VECTOR_BUG 13
    VECTOR_BUG 14
    VECTOR_BUG 15
.endm

/* Everything of the interrupted thread, whose x8, x9 are saved, into its block; then C.  syndrome: it wants ESR and FAR. */
.macro ENTER_SAVED handler, syndrome=1
    SAVE_REST
    mov     x0, sp
    ldr     x1, [x0, #T_CPU]
    LOCK    w1, x6, w7
    mov     sp, x1
    .if     \syndrome
    mrs     x2, esr_el1
    mrs     x3, far_el1
    .endif
    bl      \handler
    b       exit_full
.endm

#include "../../vm/entry.S"

.macro ENTER_PATH path
    mov     x4, sp
    ldr     x5, [x4, #T_CPU]
    LOCK    w5, x6, w7
    mov     sp, x5
    b       \path
.endm

.macro SYNC_FAST
    stp     x8, x9, [sp, #X(8)]
    mrs     x8, esr_el1
    ldr     w9, [sp, #T_SVC_BASE]
    sub     w8, w8, w9              /* number, if this is svc of a native thread; else large */
    cbz     w8, enter_call
    cmp     w8, #SYS_REPLY_RECV
    b.eq    enter_reply_recv
    cmp     w8, #SYS_COUNT
    b.hs    sync_full
    cmp     w8, #SYS_SIGNAL
    b.eq    enter_signal
    cmp     w8, #SYS_YIELD
    b.eq    enter_yield
    cmp     w8, #SYS_ACK_RECV
    b.eq    enter_ack_recv
    cmp     w8, #SYS_RECV
    b.eq    enter_recv
    cmp     w8, #SYS_NOP
    b.eq    enter_nop
    b       enter_slow
.endm

.macro SYNC_SLOW
    stp     x8, x9, [sp, #X(8)]
    b       sync_full
.endm

    VECTORS vectors_fast, SYNC_FAST
    VECTORS vectors_slow, SYNC_SLOW

enter_slow:
    ENTER_PATH path_slow
enter_call:
    ENTER_PATH path_call
enter_reply_recv:
    ENTER_PATH path_reply_recv
enter_signal:
    ENTER_PATH path_signal
enter_recv:
    ENTER_PATH path_recv
enter_ack_recv:
    ENTER_PATH path_ack_recv
enter_yield:
    ENTER_PATH path_yield
enter_nop:
    ENTER_PATH path_nop

/* ---- everything saved ---- */
sync_full:
    ENTER_SAVED trap_sync
irq_full:
    ENTER_SAVED trap_irq, 0
serror_full:
    ENTER_SAVED trap_serror

/*
 * An invocation of a kernel object: x0 slot, x1 tag, x3 capability, x4 thread, x5 cpu.  C keeps x19..x29, and nothing
 * else changes the user's system registers, so that most invocations need no more saved than what C destroys.
 */
    .global path_invoke
path_invoke:
    stp     x0, x1, [x4, #X(0)]
    stp     x10, x11, [x4, #X(10)]
    stp     x12, x13, [x4, #X(12)]
    stp     x14, x15, [x4, #X(14)]
    stp     x16, x17, [x4, #X(16)]
    stp     x4, x30, [sp, #-16]!    /* x18: the kernel is compiled not to touch it */
    mov     x0, x5
    mov     x2, x3
    mov     x3, x1
    mov     x1, x4
    bl      invoke
    ldp     x2, x30, [sp], #16
#ifndef KERNEL_DEBUG
    cbnz    w0, 1f
    ldp     x0, x1, [x2, #X(0)]
    ldp     x10, x11, [x2, #X(10)]
    ldp     x12, x13, [x2, #X(12)]
    ldp     x14, x15, [x2, #X(14)]
    ldp     x16, x17, [x2, #X(16)]
    UNLOCK  x4
    mov     sp, x2
    CLEAR_SCRATCH
    eret
1:
#endif
    SAVE_NATIVE x2
    mov     x0, x2
    mov     x1, sp
    bl      trap_finish
    b       exit_full

/* A native system call leaves the message path before anything has changed: x0..x3 arguments, x4 thread, x5 cpu. */
    .global path_slow
path_slow:
    stp     x0, x1, [x4, #X(0)]
    stp     x2, x3, [x4, #X(2)]
    stp     x10, x11, [x4, #X(10)]
    stp     x12, x13, [x4, #X(12)]
    stp     x14, x15, [x4, #X(14)]
    stp     x16, x17, [x4, #X(16)]
    SAVE_NATIVE x4
    mov     x0, x4
    mov     x1, x5
    mrs     x2, esr_el1
    stp     xzr, xzr, [x0, #X(4)]
    stp     xzr, xzr, [x0, #X(6)]
    stp     xzr, xzr, [x0, #X(8)]
    bl      trap_syscall
    /* fall through */

/* SP = struct cpu: C has returned. */
    .global exit_full
exit_full:
#ifdef KERNEL_DEBUG
    bl      debug_exit_hook
#endif
    mov     x0, sp
    ldr     x1, [x0, #C_CURRENT]
    UNLOCK  x2
    mov     sp, x1
restore_full:
    RESTORE_NATIVE
    ldp     x0, x1, [sp, #X(0)]
    ldp     x2, x3, [sp, #X(2)]
    ldp     x4, x5, [sp, #X(4)]
    ldp     x6, x7, [sp, #X(6)]
    ldp     x8, x9, [sp, #X(8)]
    ldp     x10, x11, [sp, #X(10)]
    ldp     x12, x13, [sp, #X(12)]
    ldp     x14, x15, [sp, #X(14)]
    ldp     x16, x17, [sp, #X(16)]
    eret

/* void exit_same(word_t badge, word_t tag, struct thread *self, struct cpu *cpu) */
    .global exit_same
exit_same:
    UNLOCK  x4
    mov     sp, x2
    CLEAR_SCRATCH
    eret

/* void switch_native(word_t badge, word_t tag, struct thread *to, word_t unused, struct thread *from); SP = struct cpu */
    .global switch_native
switch_native:
    SAVE_NATIVE x4
#ifdef KERNEL_DEBUG
    stp     x0, x1, [x2, #X(0)]
    stp     xzr, xzr, [x2, #X(2)]
    stp     xzr, xzr, [x2, #X(4)]
    stp     xzr, xzr, [x2, #X(6)]
    stp     xzr, xzr, [x2, #X(8)]
    stp     x10, x11, [x2, #X(10)]
    stp     x12, x13, [x2, #X(12)]
    stp     x14, x15, [x2, #X(14)]
    stp     x16, x17, [x2, #X(16)]
    b       exit_full
#else
    UNLOCK  x5
    mov     sp, x2
    RESTORE_NATIVE
    CLEAR_SCRATCH
    eret
#endif

/* Save also what a thread that stays ready after its system call finds: result 0. */
.macro SAVE_READY t
    stp     xzr, xzr, [\t, #X(0)]
    stp     x10, x11, [\t, #X(10)]
    stp     x12, x13, [\t, #X(12)]
    stp     x14, x15, [\t, #X(14)]
    stp     x16, x17, [\t, #X(16)]
    SAVE_NATIVE \t
.endm

/* void switch_signal(word_t bits, word_t tag, struct thread *to, word_t, struct thread *from); SP = struct cpu */
    .global switch_signal
switch_signal:
    SAVE_READY x4
    stp     x0, x1, [x2, #X(0)]
#ifdef KERNEL_DEBUG
    b       exit_full
#else
    UNLOCK  x5
    mov     sp, x2
    b       restore_full            /* its own old words: nothing of the signaller's */
#endif

/* void switch_yield(word_t, word_t, struct thread *to, word_t, struct thread *from); SP = struct cpu */
    .global switch_yield
switch_yield:
    SAVE_READY x4
#ifdef KERNEL_DEBUG
    b       exit_full
#else
    UNLOCK  x5
    mov     sp, x2
    b       restore_full
#endif

/* void switch_full(word_t, word_t, struct thread *to, word_t, struct thread *from); SP = struct cpu, to is current */
    .global switch_full
switch_full:
    SAVE_NATIVE x4
#ifdef KERNEL_DEBUG
    b       exit_full
#else
    UNLOCK  x5
    mov     sp, x2
    b       restore_full
#endif

/* Where the idle thread runs, in the kernel, interrupts on, SP = the idle thread. */
    .global idle_loop
idle_loop:
    wfi
    b       idle_loop

/* An exception that only a kernel bug can cause.  x0 = vector. */
kernel_bug:
    mov     x1, sp
    adrp    x2, panic_stack_top
    add     x2, x2, :lo12:panic_stack_top
    mov     sp, x2
    mrs     x2, esr_el1
    mrs     x3, elr_el1
    mrs     x4, far_el1
    mov     x5, x30
    mov     x6, x29
    bl      trap_kernel
    b       .

/* FP state: v0..v31, FPSR, FPCR; x0 = struct fpu_state. */
    .arch_extension fp
    .global fpu_save
fpu_save:
    stp     q0, q1, [x0, #0]
    stp     q2, q3, [x0, #32]
    stp     q4, q5, [x0, #64]
    stp     q6, q7, [x0, #96]
    stp     q8, q9, [x0, #128]
    stp     q10, q11, [x0, #160]
    stp     q12, q13, [x0, #192]
    stp     q14, q15, [x0, #224]
    stp     q16, q17, [x0, #256]
    stp     q18, q19, [x0, #288]
    stp     q20, q21, [x0, #320]
    stp     q22, q23, [x0, #352]
    stp     q24, q25, [x0, #384]
    stp     q26, q27, [x0, #416]
    stp     q28, q29, [x0, #448]
    stp     q30, q31, [x0, #480]
    mrs     x1, fpsr
    mrs     x2, fpcr
    str     w1, [x0, #512]
    str     w2, [x0, #516]
    ret

    .global fpu_load
fpu_load:
    ldp     q0, q1, [x0, #0]
    ldp     q2, q3, [x0, #32]
    ldp     q4, q5, [x0, #64]
    ldp     q6, q7, [x0, #96]
    ldp     q8, q9, [x0, #128]
    ldp     q10, q11, [x0, #160]
    ldp     q12, q13, [x0, #192]
    ldp     q14, q15, [x0, #224]
    ldp     q16, q17, [x0, #256]
    ldp     q18, q19, [x0, #288]
    ldp     q20, q21, [x0, #320]
    ldp     q22, q23, [x0, #352]
    ldp     q24, q25, [x0, #384]
    ldp     q26, q27, [x0, #416]
    ldp     q28, q29, [x0, #448]
    ldp     q30, q31, [x0, #480]
    ldr     w1, [x0, #512]
    ldr     w2, [x0, #516]
    msr     fpsr, x1
    msr     fpcr, x2
    ret

    .section .bss
    .balign 16
    .skip   4096
panic_stack_top:
    .skip   16
