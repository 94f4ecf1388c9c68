/* A PL011 UART (Arm DDI0183G chapter 3) as far as Linux touches one; what is written goes out at once. */
#include "machine.h"

#include "host.h"

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

#define TYPED_MAX 64u

static struct {
    uint32_t raw, mask, control, line, baud[2], levels;
    uint8_t typed[TYPED_MAX];
    uint32_t first, count;
} uart;

void uart_part(struct machine_part *out)
{
    *out = (struct machine_part){ &uart, sizeof uart };
}

void uart_reset(void)
{
    uart.raw = uart.mask = uart.first = uart.count = 0;
    uart.control = 0x300;
    uart.levels = 0x12;
}

/* A level as edges: fire when it rises, and again when something new happens while it is up. */
static void raise(uint32_t why)
{
    uart.raw |= why;
    if (uart.raw & uart.mask) {
        gic_fire(IRQ_UART);
    }
}

uint64_t uart_read(uint64_t offset)
{
    static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    if (offset >= 0xfe0) {
        return id[(offset - 0xfe0) / 4 & 7];
    }
    switch (offset) {
    case UART_DR: {
        uint8_t byte = uart.count ? uart.typed[uart.first % TYPED_MAX] : 0;
        if (uart.count) {
            uart.first = (uart.first + 1) % TYPED_MAX;
            uart.count--;
        }
        if (!uart.count) {
            uart.raw &= ~INT_RX;
        }
        return byte;
    }
    case UART_FR:
        return FR_TXFE | (uart.count ? 0 : FR_RXFE);
    case UART_IBRD:
        return uart.baud[0];
    case UART_FBRD:
        return uart.baud[1];
    case UART_LCR:
        return uart.line;
    case UART_CR:
        return uart.control;
    case UART_IFLS:
        return uart.levels;
    case UART_IMSC:
        return uart.mask;
    case UART_RIS:
        return uart.raw;
    case UART_MIS:
        return uart.raw & uart.mask;
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
        uart.baud[0] = (uint32_t)value;
        return;
    case UART_FBRD:
        uart.baud[1] = (uint32_t)value;
        return;
    case UART_LCR:
        uart.line = (uint32_t)value;
        return;
    case UART_CR:
        uart.control = (uint32_t)value;
        return;
    case UART_IFLS:
        uart.levels = (uint32_t)value;
        return;
    case UART_IMSC:
        uart.mask = (uint32_t)value & 0x7ff;
        return raise(0);
    case UART_ICR:
        uart.raw &= ~(uint32_t)value | (uart.count ? INT_RX : 0);
        return;
    default:
        return;
    }
}

uint32_t uart_input(const uint8_t *text, uint32_t bytes)
{
    uint32_t n = 0;

    for (; n < bytes && uart.count < TYPED_MAX; n++) {
        uart.typed[(uart.first + uart.count++) % TYPED_MAX] = text[n];
    }
    if (n) {
        raise(INT_RX);
    }
    return n;
}
