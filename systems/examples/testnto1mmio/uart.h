/* As much of the PL011 UART (Arm DDI 0183G, chapter 3) as a line of text needs. */
#ifndef TESTNTO1MMIO_UART_H
#define TESTNTO1MMIO_UART_H

#include <stdint.h>

enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_FR_TXFF = 1 << 5, /* no room for another byte */
};

static inline void uart_print(volatile uint8_t *uart, const char *text)
{
    for (; *text; text++) {
        while (*(volatile uint32_t *)(uart + UART_FR) & UART_FR_TXFF) {
        }
        *(volatile uint32_t *)(uart + UART_DR) = (uint8_t)*text;
    }
}

#endif
