// Register tests: every register filled from a block before the svc, and stored into a block after it.
    .section .text
    .macro REGS_SVC number
    .global regs_svc_\number
    .type regs_svc_\number, %function
    // void regs_svc_N(const struct tess_regs *in, struct tess_regs *out): x0..x30 only.
regs_svc_\number:
    stp     x19, x20, [sp, #-112]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    str     x1, [sp, #96]
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
    svc     #\number
    stp     x0, x1, [sp, #-16]!
    ldr     x0, [sp, #112]
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    ldp     x1, x2, [sp], #16
    stp     x1, x2, [x0]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     x19, x20, [sp], #112
    ret
    .endm

    REGS_SVC 0
    REGS_SVC 1
    REGS_SVC 2
    REGS_SVC 3
    REGS_SVC 4
    REGS_SVC 5
    REGS_SVC 6
    REGS_SVC 7
    REGS_SVC 8
    REGS_SVC 9
    REGS_SVC 10

    // void fpu_load(const uint64_t v[64]); void fpu_store(uint64_t v[64]): v0..v31, low word first.
    .macro FPU_ALL op
    \op     q0, q1, [x0]
    \op     q2, q3, [x0, #32]
    \op     q4, q5, [x0, #64]
    \op     q6, q7, [x0, #96]
    \op     q8, q9, [x0, #128]
    \op     q10, q11, [x0, #160]
    \op     q12, q13, [x0, #192]
    \op     q14, q15, [x0, #224]
    \op     q16, q17, [x0, #256]
    \op     q18, q19, [x0, #288]
    \op     q20, q21, [x0, #320]
    \op     q22, q23, [x0, #352]
    \op     q24, q25, [x0, #384]
    \op     q26, q27, [x0, #416]
    \op     q28, q29, [x0, #448]
    \op     q30, q31, [x0, #480]
    .endm
    .global fpu_load
fpu_load:
    FPU_ALL ldp
    ret
    .global fpu_store
fpu_store:
    FPU_ALL stp
    ret

    // uint64_t keep_registers(volatile uint64_t *stop): fills x1..x30 and v0..v31 with x0-dependent values and
    // compares them until *stop is not 0; returns the number of the first register found changed, or 0.  No call,
    // no svc: only interrupts and preemption come in between.
    .global keep_registers
keep_registers:
    stp     x19, x20, [sp, #-176]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28
    add     x\n, x0, #(\n * 101)
    .endr
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    add     x30, x0, #(\n * 77)
    dup     v\n\().2d, x30
    .endr
1:
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28
    add     x30, x0, #(\n * 101)
    mov     x29, #\n
    cmp     x30, x\n
    b.ne    2f
    .endr
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    umov    x30, v\n\().d[1]
    mov     x29, #(100 + \n)
    sub     x30, x30, x0
    cmp     x30, #(\n * 77)
    b.ne    2f
    .endr
    ldr     x30, [x0]
    cbz     x30, 1b
    mov     x29, #0
2:  mov     x0, x29
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x29, x30, [sp, #80]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp], #176
    ret
    .section .note.GNU-stack, "", %progbits
