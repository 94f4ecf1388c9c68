/* Where signal handlers return to.  Unwinders know it by its two instructions. */
    .text
    .global __kernel_rt_sigreturn
    .type __kernel_rt_sigreturn, %function
    nop
__kernel_rt_sigreturn:
    mov x8, #139 // rt_sigreturn
    svc #0
    .size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn
