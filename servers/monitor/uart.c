/*
 * PL011 UART (Arm DDI 0183G, chapter 3) as a user-level driver: a frame made of device memory, mapped; one interrupt
 * line bound to a notification.  The loop of every such driver is uart_read(): empty the device, then ack_recv, which
 * lets the line fire again and waits for it in one entry to the kernel.
 *
 * Whatever the firmware or the kernel set up (baud rate, line format) stays.
 */
#include "uart.h"

#include "monitor.h"

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
#define INT_ALL 0x7ffu
#define DR_BYTE 0xffu /* the bits above report errors of the line */

#define CTRL_C 3
#define RING_BYTES                                                                                 \
    1024u /* a power of two; a full ring leaves the rest in the device, which stops the sender */

static volatile uint32_t *regs;
static tess_cap irq, wake;
static unsigned char ring[RING_BYTES];
static unsigned ring_in, ring_out;
static uint64_t interrupt_count;

static uint32_t reg_read(unsigned offset)
{
    return regs[offset / sizeof(*regs)];
}

static void reg_write(unsigned offset, uint32_t value)
{
    regs[offset / sizeof(*regs)] = value;
}

const char *uart_start(const struct tess_bootinfo *bi)
{
    uint64_t page = bi->uart_paddr & ~(uint64_t)(TESS_PAGE - 1);
    tess_cap frame;
    void *at;

    if (tess_alloc_device(&env, page, TESS_PAGE, &frame)) {
        return "no device memory at the address of the UART";
    }
    if (tess_map(&env, frame, TESS_PAGE, TESS_RIGHT_READ | TESS_RIGHT_WRITE, TESS_ATTR_DEVICE,
                 &at)) {
        return "cannot map the UART";
    }
    regs = (volatile uint32_t *)((uint64_t)at + (bi->uart_paddr & (TESS_PAGE - 1)));

    if (tess_alloc(&env, TESS_TYPE_notification, 0, &wake) || tess_slot_alloc(env.slots, &irq)) {
        return "no memory for the notification of the UART";
    }
    if (tess_irq_control_get(TESS_ROOT_IRQ_CONTROL, bi->uart_irq, 0, 0, irq)) {
        return "no such interrupt line, or it is taken";
    }
    if (tess_irq_bind(irq, wake)) {
        return "cannot bind the interrupt";
    }
    reg_write(UART_ICR, INT_ALL);
    reg_write(UART_IMSC, INT_RX | INT_RT);
    return NULL;
}

void uart_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        while (reg_read(UART_FR) & FR_TXFF) {
            tess_yield();
        }
        reg_write(UART_DR, (unsigned char)text[i]);
    }
}

/* From the device into the ring, as far as there is room. */
static void drain(void)
{
    while (ring_in - ring_out < RING_BYTES && !(reg_read(UART_FR) & FR_RXFE)) {
        ring[ring_in++ % RING_BYTES] = (unsigned char)(reg_read(UART_DR) & DR_BYTE);
    }
}

unsigned char uart_read(void)
{
    drain();
    while (ring_in == ring_out) {
        /* A byte that arrives from here on raises the line, which stays raised until it is read: none is missed. */
        struct tess_msg m = tess_ack_recv(wake, 0, irq);
        if (m.tag & TESS_TAG_SIGNAL) {
            interrupt_count++;
        }
        drain();
        reg_write(UART_ICR, INT_RX | INT_RT);
        drain();
    }
    return ring[ring_out++ % RING_BYTES];
}

bool uart_interrupted(void)
{
    drain();
    for (unsigned i = ring_in; i != ring_out; i--) {
        if (ring[(i - 1) % RING_BYTES] == CTRL_C) {
            ring_out = i;
            return true;
        }
    }
    return false;
}

uint64_t uart_interrupts(void)
{
    return interrupt_count;
}
