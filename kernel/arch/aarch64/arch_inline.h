/* The functions of arch.h that must not cost a call, on aarch64. */
#ifndef KERNEL_ARCH_AARCH64_ARCH_INLINE_H
#define KERNEL_ARCH_AARCH64_ARCH_INLINE_H

#include "../../boot/handoff.h"

#define ARCH_TIME_INLINE
#define ARCH_IRQ_INLINE
#define ARCH_FPU_INLINE
#define ARCH_PATH_INLINE
#define ARCH_PTE_INLINE
#define ARCH_GIC_INLINE

/* System registers by name; under VHE the EL1 names reach the EL2 registers (Arm ARM D5.6.3). */
#define SYSREG_READ(reg)                                                                           \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #reg : "=r"(value_));                                          \
        value_;                                                                                    \
    })
#define SYSREG_WRITE(reg, value) __asm__ volatile("msr " #reg ", %x0" ::"rZ"((uint64_t)(value)))

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

/* Translation table entries of stage 1, 4 KiB granule (Arm ARM D8.3). */
#define PTE_VALID     (1ull << 0)
#define PTE_TABLE     (1ull << 1) /* levels 0..2: table; level 3: page */
#define PTE_ATTR(n)   ((uint64_t)(n) << 2)
#define PTE_USER      (1ull << 6) /* AP[1]: EL0 may access */
#define PTE_READ_ONLY (1ull << 7) /* AP[2] */
#define PTE_INNER     (3ull << 8)
#define PTE_AF        (1ull << 10)
#define PTE_NG        (1ull << 11)
#define PTE_PXN       (1ull << 53)
#define PTE_UXN       (1ull << 54)
#define PTE_MARK      (1ull << 55) /* for software (Arm ARM D8.3.2: bits 58..55 are ignored) */
#define PTE_ADDRESS   0x0000fffffffff000ull

ALWAYS_INLINE word_t arch_pte_table(word_t table_paddr)
{
    return table_paddr | PTE_VALID | PTE_TABLE;
}

ALWAYS_INLINE word_t arch_pte_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    /* MAIR indices are the values of TESS_ATTR_* (boot/handoff.h) */
    uint64_t pte =
        paddr | PTE_VALID | PTE_ATTR(attr) | PTE_USER | PTE_INNER | PTE_AF | PTE_NG | PTE_PXN;

    if (level == 3) {
        pte |= PTE_TABLE;
    }
    if (!(rights & TESS_RIGHT_WRITE)) {
        pte |= PTE_READ_ONLY;
    }
    if (!(rights & TESS_RIGHT_EXEC) || attr == TESS_ATTR_DEVICE) {
        pte |= PTE_UXN;
    }
    return pte;
}

ALWAYS_INLINE bool arch_pte_is_table(word_t pte, unsigned level)
{
    return level < 3 && (pte & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

ALWAYS_INLINE bool arch_pte_is_leaf(word_t pte, unsigned level)
{
    return (pte & PTE_VALID) && (level == 3 || !(pte & PTE_TABLE));
}

ALWAYS_INLINE word_t arch_pte_paddr(word_t pte)
{
    return pte & PTE_ADDRESS;
}

ALWAYS_INLINE unsigned arch_pte_rights(word_t pte)
{
    return TESS_RIGHT_READ | (pte & PTE_READ_ONLY ? 0 : TESS_RIGHT_WRITE) |
           (pte & PTE_UXN ? 0 : TESS_RIGHT_EXEC);
}

ALWAYS_INLINE word_t arch_pte_mark(word_t pte)
{
    return pte | PTE_MARK;
}

ALWAYS_INLINE bool arch_pte_is_marked(word_t pte)
{
    return pte & PTE_MARK;
}

ALWAYS_INLINE void arch_pte_write(word_t *pte, word_t value)
{
    *(volatile word_t *)pte = value;
}

#include "../../vm/stage2_aarch64.h"

#endif
