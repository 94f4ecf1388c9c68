/*
 * PL011 UART (Arm DDI 0183G, chapter 3), transmit side.  Whatever the firmware set up (baud rate, line format) stays.
 * There is no state that a restart could lose: the device's FIFO drains by itself.
 */
#include "ConsolePl011.h"

enum { /* byte offsets, DDI 0183G table 3-1 */
       UART_DR = 0x00,
       UART_FR = 0x18,
};

#define FR_TXFF (1u << 5) /* transmit FIFO full */

struct self {
    char unused;
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

/* A terminal wants a carriage return before each new line. */
static void put(struct self *self, unsigned char c)
{
    while (*reg(self, UART_FR) & FR_TXFF) {
    }
    *reg(self, UART_DR) = c;
}

enum tess_err out_write(struct self *self, uint32_t client, const void *text, uint32_t bytes)
{
    const unsigned char *at = text;

    (void)client;
    for (uint32_t i = 0; i < bytes; i++) {
        if (at[i] == '\n') {
            put(self, '\r');
        }
        put(self, at[i]);
    }
    return TESS_OK;
}
