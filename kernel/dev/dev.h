/* The only devices the kernel drives: interrupt controller and a UART for panic and the emergency console. */
#ifndef KERNEL_DEV_DEV_H
#define KERNEL_DEV_DEV_H

#include "../arch.h"
#include "../boot/handoff.h"
#include "../types.h"

/* Bring up distributor and CPU interface (GICv2 or v3) in split mode (EOImode 1): all lines masked, group 1. */
void gic_init(const struct handoff *h);
uint32_t gic_line_count(void); /* lines 0 .. n-1 exist */
#ifdef ARCH_GIC_INLINE
#include <gic_inline.h>
#else
/* Take the most urgent pending interrupt and drop its priority; it stays active.  None: 1020 .. 1023.  LPIs, 8192 and
 * up, are never enabled. */
uint32_t gic_ack(void);
/* The line may be delivered again. */
void gic_deactivate(uint32_t line);
#endif
void gic_mask(uint32_t line);
void gic_unmask(uint32_t line);
void gic_activate(uint32_t line);               /* as if it had been delivered and not yet served */
void gic_set_trigger(uint32_t line, bool edge); /* no effect on lines < 16 */

void uart_init(const struct handoff *h);
bool uart_put(char c);          /* false: transmit FIFO full */
void uart_print(const char *s); /* panic: waits, bounded */

#endif
