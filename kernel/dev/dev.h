/* The only devices the kernel drives: interrupt controller and a UART for panic and the emergency console. */
#ifndef KERNEL_DEV_DEV_H
#define KERNEL_DEV_DEV_H

#include "../boot/handoff.h"
#include "../types.h"

#define GIC_SPECIAL 1020u /* 1020..1023 are no lines (IHI0069H 2.2.1) */

/* Bring up distributor and CPU interface (GICv2 or v3) in split mode (EOImode 1): all lines masked, group 1. */
void gic_init(const struct handoff *h);
uint32_t gic_line_count(void); /* lines 0 .. n-1 exist */
extern bool gic_v3;
uint32_t gic_ack_v2(void);
/* Take the most urgent pending interrupt and drop its priority; it stays active.  None: 1020 .. 1023.  LPIs, 8192 and
 * up, are never enabled. */
ALWAYS_INLINE uint32_t gic_ack(void)
{
    if (gic_v3) {
        uint64_t line;
        __asm__ volatile("mrs %0, S3_0_C12_C12_0" : "=r"(line)); /* ICC_IAR1_EL1 */
        if (likely(line < GIC_SPECIAL)) {
            __asm__ volatile("msr S3_0_C12_C12_1, %0" ::"r"(line)); /* ICC_EOIR1_EL1 */
        }
        return (uint32_t)line;
    }
    return gic_ack_v2();
}
void gic_deactivate(uint32_t line); /* it may be delivered again */
void gic_mask(uint32_t line);
void gic_unmask(uint32_t line);
void gic_set_trigger(uint32_t line, bool edge); /* no effect on lines < 16 */

void uart_init(const struct handoff *h);
bool uart_put(char c);          /* false: transmit FIFO full */
void uart_print(const char *s); /* panic: waits, bounded */

#endif
