// First instructions of the root program: x0 = boot information, sp = top of its stack.
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    mov     x29, xzr                // end of the frame chain, for backtraces
    mov     x30, xzr
    bl      tess_start
    .size _start, . - _start
    .section .note.GNU-stack, "", %progbits
