/* A PL011 UART (Arm DDI0183G chapter 3) as far as Linux touches one; what is written goes out at once. */
#include "machine.h"

#include "host.h"
#include "state.h"

enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_IBRD = 0x24,
    UART_FBRD = 0x28,
    UART_LCR = 0x2c,
    UART_CR = 0x30,
    UART_IFLS = 0x34,
    UART_IMSC = 0x38,
    UART_RIS = 0x3c,
    UART_MIS = 0x40,
    UART_ICR = 0x44,
};
#define FR_RXFE 0x10u
#define FR_TXFE 0x80u
#define INT_RX  0x10u
#define INT_TX  0x20u

void uart_reset(void)
{
    state->uart.raw = state->uart.mask = state->uart.first = state->uart.count = 0;
    state->uart.control = 0x300;
    state->uart.levels = 0x12;
}

/* A level as edges: fire when it rises, and again when something new happens while it is up. */
static void raise(uint32_t why)
{
    state->uart.raw |= why;
    if (state->uart.raw & state->uart.mask) {
        gic_fire(IRQ_UART);
    }
}

void uart_go_on(void)
{
    raise(0);
}

uint64_t uart_read(uint64_t offset)
{
    static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    if (offset >= 0xfe0) {
        return id[(offset - 0xfe0) / 4 & 7];
    }
    switch (offset) {
    case UART_DR: {
        uint8_t byte = state->uart.count ? state->uart.typed[state->uart.first % TYPED_MAX] : 0;
        if (state->uart.count) {
            state->uart.first = (state->uart.first + 1) % TYPED_MAX;
            state->uart.count--;
        }
        if (!state->uart.count) {
            state->uart.raw &= ~INT_RX;
        }
        return byte;
    }
    case UART_FR:
        return FR_TXFE | (state->uart.count ? 0 : FR_RXFE);
    case UART_IBRD:
        return state->uart.baud[0];
    case UART_FBRD:
        return state->uart.baud[1];
    case UART_LCR:
        return state->uart.line;
    case UART_CR:
        return state->uart.control;
    case UART_IFLS:
        return state->uart.levels;
    case UART_IMSC:
        return state->uart.mask;
    case UART_RIS:
        return state->uart.raw;
    case UART_MIS:
        return state->uart.raw & state->uart.mask;
    default:
        return 0;
    }
}

void uart_write(uint64_t offset, uint64_t value)
{
    uint8_t byte = (uint8_t)value;

    switch (offset) {
    case UART_DR:
        host_console(&byte, 1);
        raise(INT_TX); /* it is out already */
        return;
    case UART_IBRD:
        state->uart.baud[0] = (uint32_t)value;
        return;
    case UART_FBRD:
        state->uart.baud[1] = (uint32_t)value;
        return;
    case UART_LCR:
        state->uart.line = (uint32_t)value;
        return;
    case UART_CR:
        state->uart.control = (uint32_t)value;
        return;
    case UART_IFLS:
        state->uart.levels = (uint32_t)value;
        return;
    case UART_IMSC:
        state->uart.mask = (uint32_t)value & 0x7ff;
        return raise(0);
    case UART_ICR:
        state->uart.raw &= ~(uint32_t)value | (state->uart.count ? INT_RX : 0);
        return;
    default:
        return;
    }
}

uint32_t uart_input(const uint8_t *text, uint32_t bytes)
{
    uint32_t n = 0;

    for (; n < bytes && state->uart.count < TYPED_MAX; n++) {
        state->uart.typed[(state->uart.first + state->uart.count++) % TYPED_MAX] = text[n];
    }
    if (n) {
        raise(INT_RX);
    }
    return n;
}
