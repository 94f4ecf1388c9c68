/* PL011 UART (Arm DDI 0183G, chapter 3), polled. */
#include "Driver.h"

enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_CR = 0x30,
    FR_RXFE = 1 << 4, /* nothing received */
    FR_TXFF = 1 << 5, /* no room to send */
    CR_ENABLE = 1 << 0 | 1 << 8 | 1 << 9,
};

struct self {
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(mem(self) + offset);
}

static void put(struct self *self, uint8_t c)
{
    while (*reg(self, UART_FR) & FR_TXFF) {
    }
    *reg(self, UART_DR) = c;
}

static void init(struct self *self)
{
    *reg(self, UART_CR) = CR_ENABLE;
    for (const char *c = "uart port init\r\n"; *c; c++) {
        put(self, (uint8_t)*c);
    }
}

static enum tess_err uart_put_char(struct self *self, uint8_t c)
{
    put(self, c);
    return TESS_OK;
}

static enum tess_err uart_get_char(struct self *self, uint8_t *c)
{
    if (*reg(self, UART_FR) & FR_RXFE) {
        return TESS_AGAIN;
    }
    *c = (uint8_t)*reg(self, UART_DR);
    return TESS_OK;
}
