/*
 * PL011 UART (Arm DDI 0183G, chapter 3).  Whatever the firmware set up (baud rate, line format) stays.
 *
 * Transmit: there is no state that a restart could lose, the device's FIFO drains by itself.
 * Receive: typed bytes are in kept memory until the client is done with them.  A full ring leaves the rest in the device, which stops
 * the sender.  The device hands out a byte once: one that a killed driver had read, but not stored by the next
 * instructions, is lost.
 */
#include <comp/crc32c.h>
#include <consoledrv/ring.h>

#include "ConsolePl011.h"

enum { /* byte offsets, DDI 0183G table 3-1 */
       UART_DR = 0x00,
       UART_FR = 0x18,
       UART_IMSC = 0x38,
       UART_ICR = 0x44,
};

#define FR_RXFE (1u << 4) /* receive FIFO empty */
#define FR_TXFF (1u << 5) /* transmit FIFO full */
#define INT_RX  (1u << 4) /* receive FIFO at its trigger level */
#define INT_RT  (1u << 6) /* bytes below the trigger level have waited for 32 bit times */
#define DR_BYTE 0xffu     /* the bits above report errors of the line */

#define READ_BYTES 64u

struct self {
    uint32_t receipt; /* of what is being printed */
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

/* ---- transmit ---- */

/* The receipt is made where the byte is printed: what was left out, came twice or is another, is in it. */
static void put(struct self *self, uint32_t c)
{
    __asm__("" : "+r"(c)); /* in one register, also if the compiler knows what it is */
    while (*reg(self, UART_FR) & FR_TXFF) {
    }
    *reg(self, UART_DR) = c;
    self->receipt = comp_crc32c_byte(self->receipt, (uint8_t)c);
}

/* A terminal wants a carriage return before each new line. */
static enum tess_err out_write(struct self *self, uint32_t client, const void *text, uint32_t bytes)
{
    const unsigned char *at = text;

    (void)client;
    for (uint32_t i = 0; i < bytes; i++) {
        if (at[i] == '\n' && (i == 0 || at[i - 1] != '\r')) {
            put(self, '\r');
        }
        put(self, at[i]);
    }
    return TESS_OK;
}

static enum tess_err receipt_print(struct self *self, uint32_t client, const void *text,
                                   uint32_t bytes, uint32_t *receipt)
{
    enum tess_err err;

    self->receipt = COMP_CRC32C_BEGIN;
    err = out_write(self, client, text, bytes);
    *receipt = ~self->receipt;
    return err;
}

/* ---- receive ---- */

static struct consoledrv_ring typed_ring(struct self *self)
{
    volatile struct console_typed *t = typed(self);

    return (struct consoledrv_ring){ &t->in, &t->out, t->ring, sizeof t->ring };
}

/* From the device into the ring, as far as there is room. */
static void drain(struct self *self)
{
    struct consoledrv_ring ring = typed_ring(self);

    while (consoledrv_room(&ring) && !(*reg(self, UART_FR) & FR_RXFE)) {
        consoledrv_put(&ring, (uint8_t)(*reg(self, UART_DR) & DR_BYTE));
    }
}

/* A byte that arrives after the second look raises the interrupt; one that there is no room for is fetched by the next read. */
static void receive(struct self *self)
{
    drain(self);
    *reg(self, UART_ICR) = INT_RX | INT_RT;
    drain(self);
}

static void init(struct self *self)
{
    struct consoledrv_ring ring = typed_ring(self);

    consoledrv_repair(&ring);
    if (!irq_connected()) {
        return;
    }
    receive(self);
    if (consoledrv_held(&ring)) {
        in_ready_emit(self); /* the last incarnation may not have come to that */
    }
    *reg(self, UART_IMSC) = INT_RX | INT_RT;
    irq_ack(self);
}

static void irq_handle(struct self *self)
{
    uint64_t before = *typed_ring(self).in;

    receive(self);
    irq_ack(self);
    if (*typed_ring(self).in != before) {
        in_ready_emit(self);
    }
}

static enum tess_err in_read(struct self *self, uint64_t done, uint64_t *first, void *text,
                             uint32_t *bytes)
{
    struct consoledrv_ring ring = typed_ring(self);

    consoledrv_done(&ring, done);
    if (irq_connected()) {
        receive(self);
    }
    *first = *ring.out;
    *bytes = consoledrv_copy(&ring, text, READ_BYTES);
    return TESS_OK;
}
