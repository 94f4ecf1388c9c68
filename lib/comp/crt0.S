// First instructions of a component: x0 = its generation, sp = top of its stack.
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    mov     x29, xzr                // end of the frame chain, for backtraces
    mov     x30, xzr
    bl      comp_start
    .size _start, . - _start
    .section .note.GNU-stack, "", %progbits
