/* Table entries of stage 2: part of arch_inline.h, whose names it uses. */
#ifndef KERNEL_VM_STAGE2_AARCH64_H
#define KERNEL_VM_STAGE2_AARCH64_H

#include "../arch.h"

/* Stage 2 (Arm ARM D8.3.1.2, D8.5.5): MemAttr, S2AP, XN; level and address as in stage 1. */
#define PTE_S2_READ  (1ull << 6)
#define PTE_S2_WRITE (1ull << 7)
#define PTE_S2_XN    (1ull << 54)

ALWAYS_INLINE word_t arch_guest_leaf(word_t paddr, unsigned level, unsigned rights, unsigned attr)
{
    /* write-back, Device-nGnRE, non-cacheable */
    uint64_t memory = attr == TESS_ATTR_NORMAL ? 0xf : attr == TESS_ATTR_DEVICE ? 0x1 : 0x5;
    uint64_t pte = paddr | PTE_VALID | memory << 2 | PTE_S2_READ | PTE_INNER | PTE_AF;

    if (level == 3) {
        pte |= PTE_TABLE;
    }
    if (rights & TESS_RIGHT_WRITE) {
        pte |= PTE_S2_WRITE;
    }
    if (!(rights & TESS_RIGHT_EXEC) || attr == TESS_ATTR_DEVICE) {
        pte |= PTE_S2_XN;
    }
    return pte;
}

ALWAYS_INLINE unsigned arch_guest_rights(word_t pte)
{
    return TESS_RIGHT_READ | (pte & PTE_S2_WRITE ? TESS_RIGHT_WRITE : 0) |
           (pte & PTE_S2_XN ? 0 : TESS_RIGHT_EXEC);
}

#endif
