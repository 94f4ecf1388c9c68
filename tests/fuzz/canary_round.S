// uint64_t canary_round(uint64_t pattern, uint64_t spins)
// x2..x29, v0..v31, FPSR, FPCR = pattern + number; after spins turns of an empty loop: how many are different?
// pattern: a multiple of 256, so that FPSR gets only bits that exist (Arm ARM C5.2.8) from it.
    .arch_extension fp
    .text
    .global canary_round
    .type canary_round, %function
canary_round:
    stp     x29, x30, [sp, #-176]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mrs     x2, fpcr
    str     x2, [sp, #160]
    ubfx    x2, x0, #8, #5          // FPSR: the cumulative exception bits 4..0
    msr     fpsr, x2
    ubfx    x2, x0, #8, #2          // FPCR: rounding mode, bits 23..22
    lsl     x2, x2, #22
    msr     fpcr, x2
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    add     x2, x0, #\n
    fmov    d\n, x2
    fmov    v\n\().d[1], x2
    .endr
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
    add     x\n, x0, #\n
    .endr
1:  subs    x1, x1, #1
    b.ne    1b
    sub     x1, x2, x0
    cmp     x1, #2
    cset    x2, ne
    .irp    n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
    sub     x1, x\n, x0
    cmp     x1, #\n
    cinc    x2, x2, ne
    .endr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fmov    x1, d\n
    sub     x1, x1, x0
    cmp     x1, #\n
    cinc    x2, x2, ne
    fmov    x1, v\n\().d[1]
    sub     x1, x1, x0
    cmp     x1, #\n
    cinc    x2, x2, ne
    .endr
    mrs     x1, fpsr
    ubfx    x3, x0, #8, #5
    cmp     x1, x3
    cinc    x2, x2, ne
    mrs     x1, fpcr
    ubfx    x3, x0, #8, #2
    cmp     x1, x3, lsl #22
    cinc    x2, x2, ne
    ldr     x1, [sp, #160]
    msr     fpcr, x1
    mov     x0, x2
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x27, x28, [sp, #80]
    ldp     x25, x26, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #176
    ret
    .size canary_round, . - canary_round

    .section .note.GNU-stack, "", %progbits
