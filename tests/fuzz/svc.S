// The system call of the fuzzer and the first instructions of workers.
#define WORKER_BYTES 0x8000

    .text

// void fuzz_svc(uint64_t number, struct svc_registers *r, uint64_t pattern)
    .global fuzz_svc
    .type fuzz_svc, %function
fuzz_svc:
    stp     x29, x30, [sp, #-112]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    str     x1, [sp, #96]
    adr     x9, 2f
    add     x9, x9, x0, lsl #3
    add     x19, x2, #19
    add     x20, x2, #20
    add     x21, x2, #21
    add     x22, x2, #22
    add     x23, x2, #23
    add     x24, x2, #24
    add     x25, x2, #25
    add     x26, x2, #26
    add     x27, x2, #27
    add     x28, x2, #28
    add     x29, x2, #29
    ldp     x2, x3, [x1, #16]
    ldp     x4, x5, [x1, #32]
    ldp     x6, x7, [x1, #48]
    ldr     x8, [x1, #64]
    ldp     x10, x11, [x1, #80]
    ldp     x12, x13, [x1, #96]
    ldp     x14, x15, [x1, #112]
    ldp     x16, x17, [x1, #128]
    ldp     x0, x1, [x1]
    br      x9
2:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 77, 65535
    svc     #\n
    b       3f
    .endr
3:
    ldr     x30, [sp, #96]
    stp     x0, x1, [x30]
    stp     x2, x3, [x30, #16]
    stp     x4, x5, [x30, #32]
    stp     x6, x7, [x30, #48]
    stp     x8, x9, [x30, #64]
    stp     x10, x11, [x30, #80]
    stp     x12, x13, [x30, #96]
    stp     x14, x15, [x30, #112]
    stp     x16, x17, [x30, #128]
    add     x30, x30, #144
    stp     x19, x20, [x30]
    stp     x21, x22, [x30, #16]
    stp     x23, x24, [x30, #32]
    stp     x25, x26, [x30, #48]
    stp     x27, x28, [x30, #64]
    str     x29, [x30, #80]
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #112
    ret
    .size fuzz_svc, . - fuzz_svc

// x0 = struct worker; its first word says whether a thread runs there.
    .global worker_entry
    .type worker_entry, %function
worker_entry:
    mov     w2, #1
1:  ldaxr   w1, [x0]
    cbnz    w1, worker_spin
    stxr    w3, w2, [x0]
    cbnz    w3, 1b
    add     x1, x0, #WORKER_BYTES
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    b       worker_main
    .size worker_entry, . - worker_entry

    .global worker_spin
    .type worker_spin, %function
worker_spin:
    svc     #10
    svc     #3
    brk     #1                      // to its fault handler; tried again when that says so
    b       worker_spin
    .size worker_spin, . - worker_spin

    .section .note.GNU-stack, "", %progbits
