/* The functions of arch.h that must not cost a call, on aarch64. */
#ifndef KERNEL_ARCH_AARCH64_ARCH_INLINE_H
#define KERNEL_ARCH_AARCH64_ARCH_INLINE_H

#include "../../boot/handoff.h"

#define ARCH_TIME_INLINE
#define ARCH_IRQ_INLINE
#define ARCH_FPU_INLINE
#define ARCH_PATH_INLINE

ALWAYS_INLINE word_t arch_direct_base(void)
{
    return KERNEL_DIRECT;
}

/* Arm ARM D13.8.24.  No ISB before it: a few instructions of slack do not matter for accounting. */
ALWAYS_INLINE uint64_t arch_now(void)
{
    uint64_t t;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
    return t;
}

/* CNTP_CVAL_EL0 is CNTHP_CVAL_EL2 under VHE (Arm ARM D13.8.16). */
ALWAYS_INLINE void arch_timer_set(uint64_t when)
{
    __asm__ volatile("msr cntp_cval_el0, %0" ::"r"(when));
}

/* ISR_EL1.I: a physical IRQ is pending whatever PSTATE.I says (Arm ARM D13.2.64). */
ALWAYS_INLINE bool arch_irq_pending(void)
{
    uint64_t isr;
    __asm__ volatile("mrs %0, isr_el1" : "=r"(isr));
    return isr & 1u << 7;
}

/* x10 carries message word 0 (tessera/msg.h). */
ALWAYS_INLINE void arch_message_word0(word_t *to)
{
    __asm__ volatile("str x10, %0" : "=Q"(*to));
}

/* No ISB: the kernel makes no user access before the exception return, which synchronises (Arm ARM D8.2.10, K1). */
ALWAYS_INLINE void arch_space_load(word_t space_word)
{
    __asm__ volatile("msr ttbr0_el1, %0" ::"r"(space_word));
}

/* CPACR_EL1.FPEN = 0b11 or 0b01 (CPTR_EL2 in the same layout under VHE; Arm ARM D13.2.30): EL0 may use FP, or traps.
 * No ISB: the exception return that follows synchronises. */
ALWAYS_INLINE void arch_fpu_enable(bool on)
{
    uint64_t v = on ? 3u << 20 : 1u << 20;
    __asm__ volatile("msr cpacr_el1, %0" ::"r"(v));
}

#endif
