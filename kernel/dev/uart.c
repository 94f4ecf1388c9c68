/* PL011 (DDI 0183G), polled output.  Line speed is left as the firmware set it. */
#include "dev.h"

#define UART_DR    0x00u
#define UART_FR    0x18u /* flags */
#define UART_LCR_H 0x2cu
#define UART_CR    0x30u
#define UART_IMSC  0x38u

#define FR_TXFF   0x20u  /* transmit FIFO full */
#define LCR_8FIFO 0x70u  /* 8 bits, no parity, FIFOs on */
#define CR_ON     0x301u /* enabled, transmit, receive */
#define WAIT_MAX                                                                                   \
    1000000u /* reads of the flag register: far more than 32 characters need at 9600 baud */
#define PRINT_MAX 4096u

static word_t uart;

ALWAYS_INLINE volatile uint32_t *reg(uint32_t offset)
{
    return (volatile uint32_t *)(uart + offset);
}

void uart_init(const struct handoff *h)
{
    uart = h->uart_va;
    if (uart == 0) {
        return;
    }
    *reg(UART_IMSC) = 0;
    *reg(UART_LCR_H) = LCR_8FIFO;
    *reg(UART_CR) = CR_ON;
}

bool uart_put(char c)
{
    if (uart == 0) {
        return true; /* no console: everything is accepted and lost */
    }
    if (*reg(UART_FR) & FR_TXFF) {
        return false;
    }
    *reg(UART_DR) = (uint8_t)c;
    return true;
}

static void put_wait(char c)
{
    for (uint32_t i = 0; !uart_put(c) && i < WAIT_MAX; i++) {
        LOOP_BOUND(WAIT_MAX);
    }
}

void uart_print(const char *s)
{
    for (uint32_t i = 0; i < PRINT_MAX && s[i] != 0; i++) {
        LOOP_BOUND(PRINT_MAX);
        if (s[i] == '\n') {
            put_wait('\r');
        }
        put_wait(s[i]);
    }
}
