/*
 * The registers of the virtual interface: system registers in GICv3 (IHI0069H 12.4), memory in GICv2 (IHI0048B 5.3).
 * HCR, VTR and VMCR have the same fields where the kernel looks, and VMCR all of them; list registers are translated, so that
 * only GICv3's format (abi/include/tessera/vcpu.h) is known elsewhere.  GICv2 has one register of active priorities for both groups.
 */
#ifndef KERNEL_VM_VGIC_REGISTERS_H
#define KERNEL_VM_VGIC_REGISTERS_H

#include "vgic.h"

#include "../dev/dev.h"

/* System register ICH_*_EL2, offset in GICH */
#define ICH_HCR   S3_4_C12_C11_0, 0x00
#define ICH_VTR   S3_4_C12_C11_1, 0x04
#define ICH_VMCR  S3_4_C12_C11_7, 0x08
#define ICH_ELRSR S3_4_C12_C11_5, 0x30 /* which list registers are empty */
#define ICH_AP0R0 S3_4_C12_C8_0, 0xf0  /* GICH_APR */
#define GICH_LR   0x100

#define LR_MAX 16u

#define ICH_READ(...)           ICH_READ_(__VA_ARGS__)
#define ICH_READ_(reg, offset)  (likely(gic_v3) ? SYSREG_READ(reg) : *gich_at(offset))
#define ICH_WRITE(which, value) ICH_WRITE_(which, value)
#define ICH_WRITE_(reg, offset, value)                                                             \
    do {                                                                                           \
        if (likely(gic_v3)) {                                                                      \
            SYSREG_WRITE(reg, value);                                                              \
        } else {                                                                                   \
            *gich_at(offset) = (uint32_t)(value);                                                  \
        }                                                                                          \
    } while (0)

static word_t gich; /* GICv2: where its registers are */

ALWAYS_INLINE volatile uint32_t *gich_at(word_t offset)
{
    return (volatile uint32_t *)(gich + offset);
}

/* GICH_LR (IHI0048B 5.3.10): HW, group, active, pending; five bits of priority; physical and virtual line of ten bits. */
#define V2_LINE     0x3ffu
#define V2_PHYSICAL 10
#define V2_PRIORITY 23 /* of the upper five bits of eight */

ALWAYS_INLINE uint32_t lr_to_v2(word_t lr)
{
    uint32_t top = (uint32_t)(lr >> 60);

    return (top << 2 | top >> 2) << 28 |
           (uint32_t)(lr >> (TESS_LR_PRIORITY + 3) & 31) << V2_PRIORITY |
           (uint32_t)(lr >> 32 & V2_LINE) << V2_PHYSICAL | (uint32_t)(lr & V2_LINE);
}

ALWAYS_INLINE word_t lr_of_v2(word_t lr)
{
    word_t top = lr >> 28;

    return (top << 2 | top >> 2) << 60 | (lr >> V2_PRIORITY & 31) << (TESS_LR_PRIORITY + 3) |
           (lr >> V2_PHYSICAL & V2_LINE) << 32 | (lr & V2_LINE);
}

/* ICH_LR<n>_EL2: the number is part of the instruction.  From the last to the first: a switch falls through those that there are. */
#define LR_REGISTERS(op)                                                                           \
    op(15, S3_4_C12_C13_7) op(14, S3_4_C12_C13_6) op(13, S3_4_C12_C13_5) op(12, S3_4_C12_C13_4)    \
        op(11, S3_4_C12_C13_3) op(10, S3_4_C12_C13_2) op(9, S3_4_C12_C13_1) op(8, S3_4_C12_C13_0)  \
            op(7, S3_4_C12_C12_7) op(6, S3_4_C12_C12_6) op(5, S3_4_C12_C12_5)                      \
                op(4, S3_4_C12_C12_4) op(3, S3_4_C12_C12_3) op(2, S3_4_C12_C12_2)                  \
                    op(1, S3_4_C12_C12_1) op(0, S3_4_C12_C12_0)

static inline word_t lr_read(unsigned n)
{
    if (unlikely(!gic_v3)) {
        return lr_of_v2(*gich_at(GICH_LR + 4 * n));
    }
    switch (n) {
#define READ_LR(i, reg)                                                                            \
    case i:                                                                                        \
        return SYSREG_READ(reg);
        LR_REGISTERS(READ_LR)
    default:
        return 0;
    }
}

static inline void lr_write(unsigned n, word_t value)
{
    if (unlikely(!gic_v3)) {
        *gich_at(GICH_LR + 4 * n) = lr_to_v2(value);
        return;
    }
    switch (n) {
#define WRITE_LR(i, reg)                                                                           \
    case i:                                                                                        \
        SYSREG_WRITE(reg, value);                                                                  \
        break;
        LR_REGISTERS(WRITE_LR)
    default:
        break;
    }
}

/* All `count` of them at once. */
static inline void lrs_write(unsigned count, const word_t *value)
{
    if (unlikely(!gic_v3)) {
        for (unsigned n = 0; n < count; n++) {
            LOOP_BOUND(LR_MAX);
            lr_write(n, value[n]);
        }
        return;
    }
    switch (count) {
#define WRITE_LRS(i, reg)                                                                          \
    case i + 1:                                                                                    \
        SYSREG_WRITE(reg, value[i]);                                                               \
        __attribute__((fallthrough));
        LR_REGISTERS(WRITE_LRS)
    default:
        break;
    }
}

/* To value; their union. */
static inline word_t lrs_read(unsigned count, word_t *value)
{
    word_t any = 0;

    if (unlikely(!gic_v3)) {
        for (unsigned n = 0; n < count; n++) {
            LOOP_BOUND(LR_MAX);
            any |= value[n] = lr_read(n);
        }
        return any;
    }
    switch (count) {
#define READ_LRS(i, reg)                                                                           \
    case i + 1:                                                                                    \
        any |= value[i] = SYSREG_READ(reg);                                                        \
        __attribute__((fallthrough));
        LR_REGISTERS(READ_LRS)
    default:
        return any;
    }
}

#endif
