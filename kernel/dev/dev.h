/* The only devices the kernel drives: interrupt controller and a UART for panic and the emergency console. */
#ifndef KERNEL_DEV_DEV_H
#define KERNEL_DEV_DEV_H

#include "../boot/handoff.h"
#include "../types.h"

#define GIC_SPURIOUS 1023u

/* Bring up distributor and CPU interface (GICv2 or v3) in split mode (EOImode 1): all lines masked, group 1. */
void gic_init(const struct handoff *h);
uint32_t gic_line_count(void);          /* lines 0 .. n-1 exist */
/* Take the most urgent pending interrupt and drop its priority; GIC_SPURIOUS if none.  It stays active. */
uint32_t gic_ack(void);
void gic_deactivate(uint32_t line);     /* it may be delivered again */
void gic_mask(uint32_t line);
void gic_unmask(uint32_t line);
void gic_set_trigger(uint32_t line, bool edge); /* no effect on lines < 16 */

void uart_init(const struct handoff *h);
bool uart_put(char c);                  /* false: transmit FIFO full */
void uart_print(const char *s);         /* panic: waits, bounded */

#endif
