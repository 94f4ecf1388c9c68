/* The two operations of the interrupt controller that every interrupt needs (dev/dev.h), without a call. */
#ifndef KERNEL_ARCH_AARCH64_GIC_INLINE_H
#define KERNEL_ARCH_AARCH64_GIC_INLINE_H

#include "../../types.h"

#define GIC_SPECIAL 1020u /* 1020..1023 are no lines (IHI0069H 2.2.1) */

/* dev/gic.c */
extern bool gic_v3;
extern word_t gic_cpu; /* version 2: CPU interface */
extern uint32_t gic_wires;
uint32_t gic_ack_v2(void);
uint32_t gic_ack_message(uint64_t intid);

ALWAYS_INLINE uint32_t gic_ack(void)
{
    if (gic_v3) {
        uint64_t line;
        __asm__ volatile("mrs %0, S3_0_C12_C12_0" : "=r"(line)); /* ICC_IAR1_EL1 */
        if (unlikely(line >= GIC_SPECIAL)) {
            return gic_ack_message(line);
        }
        __asm__ volatile("msr S3_0_C12_C12_1, %0" ::"r"(line)); /* ICC_EOIR1_EL1 */
        return (uint32_t)line;
    }
    return gic_ack_v2();
}

/* ICC_DIR_EL1, or GICC_DIR at 0x1000 (IHI0048B 4.4.15). */
ALWAYS_INLINE void gic_deactivate(uint32_t line)
{
    if (unlikely(line >= gic_wires)) {
        return;
    }
    if (gic_v3) {
        __asm__ volatile("msr S3_0_C12_C11_1, %0" ::"r"((uint64_t)line));
    } else {
        *(volatile uint32_t *)(gic_cpu + 0x1000) = line;
    }
}

#endif
