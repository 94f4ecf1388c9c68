/* The only devices the kernel drives: interrupt controller and a UART for panic and the emergency console. */
#ifndef KERNEL_DEV_DEV_H
#define KERNEL_DEV_DEV_H

#include "../arch.h"
#include "../boot/handoff.h"
#include "../types.h"

/* Bring up distributor and CPU interface (GICv2 or v3) in split mode (EOImode 1): all lines masked, group 1. */
void gic_init(const struct handoff *h);
/* Lines 0 .. gic_wires - 1 are wires and have their INTIDs; those behind them, if there are any, are messages. */
extern uint32_t gic_wires;
#define GIC_MESSAGES 64u
#define GIC_MESSAGE_BYTES                                                                          \
    0x12000u /* of memory for their tables, in whole pages and zeroed, anywhere */
bool gic_has_messages(void);
void gic_messages_init(word_t paddr);
/* The line with that INTID; it need not exist. */
uint32_t gic_line(word_t intid);
#ifdef ARCH_GIC_INLINE
#include <gic_inline.h>
#else
/* Take the most urgent pending interrupt and drop its priority; a wire stays active, messages are never.  None: no
 * line that there is. */
uint32_t gic_ack(void);
/* The line may be delivered again. */
void gic_deactivate(uint32_t line);
#endif
/* These have no effect on messages: they are always enabled. */
void gic_mask(uint32_t line);
void gic_unmask(uint32_t line);
void gic_activate(uint32_t line);               /* as if it had been delivered and not yet served */
void gic_set_trigger(uint32_t line, bool edge); /* no effect on lines < 16 */

void uart_init(const struct handoff *h);
bool uart_put(char c);          /* false: transmit FIFO full */
void uart_print(const char *s); /* panic: waits, bounded */

#endif
