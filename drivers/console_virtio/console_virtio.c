/*
 * virtio console device (Virtual I/O Device specification 1.1, section 5.3), port 0: queue 0 is what is typed, queue 1 what is printed.
 *
 * Text lies in kept memory until the device has taken it, so a restart loses none.  What the device had in hand is given
 * to it again; it may be printed twice.
 *
 * The device hands out a typed byte once.  So that none is lost, each buffer for it is one byte: the number of the next one in the used
 * ring is that of the bytes stored since the device was set up, and storing a byte is one act.  What the device has
 * written, and a driver that died has not stored, the next incarnation finds in the memory of the queue, after it has reset the device.
 */
#include <unistd.h>

#include <consoledrv/ring.h>
#include <virtio/mmio.h>
#include <virtio/pci.h>
#include <virtio/queue.h>

#include "ConsoleVirtio.h"

enum { QUEUE_TYPED = 0, QUEUE_TEXT = 1 }; /* 5.3.2 */

#define TYPED_ENTRIES 32u
#define TEXT_ENTRIES  2u
#define TEXT_BYTES    sizeof(((struct console_virtio_output *)0)->ring)
#define READ_BYTES    64u
#define NONE          UINT64_MAX
#define PATIENCE      20000u /* looks at a device that takes no text */

/* What lies where in the pool. */
#define ALIGN16(at)   (((at) + 15u) & ~15u)
#define TEXT_QUEUE_AT ALIGN16(VIRTQ_BYTES(TYPED_ENTRIES))
#define KEYS_AT       (TEXT_QUEUE_AT + ALIGN16(VIRTQ_BYTES(TEXT_ENTRIES)))
#define TEXT_AT       (KEYS_AT + TYPED_ENTRIES)

struct self {
    bool is_gone; /* the device: there is nothing on the bus */
    struct virtio device;
    struct virtq typed_queue; /* token: the byte at KEYS_AT */
    struct virtq text_queue;
    uint32_t sent; /* bytes of text that the device has in hand */
};

_Static_assert(TEXT_AT + TEXT_BYTES <= POOL_BYTES, "queues, keys and text fit into the pool");

static void must(bool is_so)
{
    if (!is_so) {
        _exit(1);
    }
}

static struct virtio_pci_bus bus_of(struct self *self)
{
    return (struct virtio_pci_bus){ self, bus_config, bus_bar,
                                    msi_connected() ? bus_messages : NULL };
}

/* One of the two is connected. */
static void interrupt_ack(struct self *self)
{
    irq_ack(self);
    msi_ack(self);
}

static struct consoledrv_ring typed_ring(struct self *self)
{
    volatile struct console_typed *t = typed(self);

    return (struct consoledrv_ring){ &t->in, &t->out, t->ring, sizeof t->ring };
}

static struct consoledrv_ring text_ring(struct self *self)
{
    volatile struct console_virtio_output *t = output(self);

    return (struct consoledrv_ring){ &t->in, &t->out, t->ring, TEXT_BYTES };
}

static volatile uint64_t *offered_from(struct self *self)
{
    return &((volatile struct console_virtio_offer *)offer(self))->from;
}

/* ---- what is typed ---- */

/* Buffers for as many bytes as there is room for. */
static void typed_offer(struct self *self)
{
    struct consoledrv_ring ring = typed_ring(self);
    struct virtq *q = &self->typed_queue;
    bool is_new = false;

    while (q->free_count && q->size - q->free_count < consoledrv_room(&ring)) {
        const struct virtq_buffer byte = { pool_address(self) + KEYS_AT + q->free, 1, true };

        must(virtq_add(q, &byte, 1, q->free) == VIRTQ_OK);
        is_new = true;
    }
    if (is_new) {
        virtq_notify(q);
    }
}

static void typed_collect(struct self *self)
{
    struct consoledrv_ring ring = typed_ring(self);
    struct virtq_done done;
    enum virtq_result result;

    while ((result = virtq_collect(&self->typed_queue, &done)) == VIRTQ_OK) {
        must(done.bytes == 1);
        consoledrv_put(&ring, pool(self)[KEYS_AT + done.token]);
    }
    must(result == VIRTQ_NONE);
}

/* What the device had written for the last incarnation.  It was reset since: nothing changes any more. */
static void typed_find(struct self *self)
{
    volatile struct virtq_used *used =
        (volatile struct virtq_used *)(pool(self) + VIRTQ_USED_AT(TYPED_ENTRIES));
    struct consoledrv_ring ring = typed_ring(self);
    uint64_t next = *ring.in - *offered_from(self);
    uint16_t left = (uint16_t)(used->index - next);

    if (*ring.in < *offered_from(self) || left > TYPED_ENTRIES || left > consoledrv_room(&ring)) {
        return;
    }
    for (; left; left--, next++) {
        consoledrv_put(&ring,
                       pool(self)[KEYS_AT + used->ring[next % TYPED_ENTRIES].id % TYPED_ENTRIES]);
    }
}

static enum tess_err in_read(struct self *self, uint64_t done, uint64_t *first, void *text,
                             uint32_t *bytes)
{
    struct consoledrv_ring ring = typed_ring(self);

    consoledrv_done(&ring, done);
    if (!self->is_gone) {
        typed_offer(self);
    }
    *first = *ring.out;
    *bytes = consoledrv_copy(&ring, text, READ_BYTES);
    return TESS_OK;
}

/* ---- what is printed ---- */

static void text_collect(struct self *self)
{
    struct consoledrv_ring ring = text_ring(self);
    struct virtq_done done;
    enum virtq_result result;

    while ((result = virtq_collect(&self->text_queue, &done)) == VIRTQ_OK) {
        consoledrv_done(&ring, *ring.out + self->sent);
        self->sent = 0;
    }
    must(result == VIRTQ_NONE);
}

/* All that there is, in one piece, and the next when the device has taken that.  Many a device has when it was told. */
static void text_send(struct self *self)
{
    struct consoledrv_ring ring = text_ring(self);
    struct virtq_buffer piece = { pool_address(self) + TEXT_AT, consoledrv_held(&ring), false };

    if (self->sent || piece.bytes == 0) {
        return;
    }
    self->sent = consoledrv_copy(&ring, pool(self) + TEXT_AT, piece.bytes);
    must(virtq_add(&self->text_queue, &piece, 1, 0) == VIRTQ_OK);
    virtq_notify(&self->text_queue);
    text_collect(self);
}

static bool text_has_room(struct self *self, uint32_t bytes)
{
    struct consoledrv_ring ring = text_ring(self);

    for (uint32_t i = 0; i < PATIENCE && consoledrv_room(&ring) < bytes; i++) {
        text_collect(self);
        text_send(self);
    }
    return consoledrv_room(&ring) >= bytes;
}

/* A terminal wants a carriage return before each new line. */
static enum tess_err out_write(struct self *self, uint32_t client, const void *text, uint32_t bytes)
{
    struct consoledrv_ring ring = text_ring(self);
    const unsigned char *from = text;
    uint64_t at = *ring.in;

    (void)client;
    if (self->is_gone) {
        return TESS_GONE;
    }
    if (!text_has_room(self, 2 * bytes)) {
        return TESS_AGAIN;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        if (from[i] == '\n' && (i == 0 || from[i - 1] != '\r')) {
            ring.bytes[at++ % ring.size] = '\r';
        }
        ring.bytes[at++ % ring.size] = from[i];
    }
    *ring.in = at;
    text_send(self);
    return TESS_OK;
}

/* ---- the device ---- */

/* The device is reset; then it may reach memory. */
static bool device_open(struct self *self)
{
    const struct virtio_pci_bus pci = bus_of(self);

    if (!bus_connected()) {
        self->device = virtio_mmio_open(regs(self));
        return virtio_begin(&self->device, VIRTIO_CONSOLE, 0);
    }
    self->device = virtio_pci_open(regs(self), REGS_BYTES, &pci);
    return virtio_begin(&self->device, VIRTIO_CONSOLE, 0) &&
           bus_enable(self, true, true) == TESS_OK;
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_connected() && bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

static void queue_open(struct self *self, struct virtq *q, uint32_t number, uint32_t entries,
                       uint32_t at)
{
    must(virtq_open(q, &self->device, number, entries, pool(self) + at, pool_address(self) + at));
    must(q->size == entries);
}

/* While the queue's memory is made new, it holds nothing that could be found. */
static void start(struct self *self)
{
    must(device_open(self));
    typed_find(self);
    *offered_from(self) = NONE;
    for (uint32_t i = 0; i < POOL_BYTES; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    queue_open(self, &self->typed_queue, QUEUE_TYPED, TYPED_ENTRIES, 0);
    queue_open(self, &self->text_queue, QUEUE_TEXT, TEXT_ENTRIES, TEXT_QUEUE_AT);
    self->sent = 0;
    *offered_from(self) = *typed_ring(self).in;
    virtio_go(&self->device);
    interrupt_ack(self);
    typed_offer(self);
    text_send(self);
}

/* Start the device, if there is one; it may have had typed bytes, of which the reader has not been told. */
static void come(struct self *self)
{
    struct consoledrv_ring keys = typed_ring(self);

    self->is_gone = is_gone(self);
    if (!self->is_gone) {
        start(self);
    }
    if (consoledrv_held(&keys)) {
        in_ready_emit(self);
    }
}

static void init(struct self *self)
{
    struct consoledrv_ring keys = typed_ring(self), ring = text_ring(self);

    consoledrv_repair(&keys);
    consoledrv_repair(&ring);
    come(self);
}

/* It has gone, come, or both; or it had before the start, and the news is old. */
static void bus_changed_handle(struct self *self)
{
    const struct virtio_pci_bus pci = bus_of(self);

    if (!self->is_gone && virtio_pci_is_as_opened(&pci)) {
        return;
    }
    come(self);
}

static void interrupt(struct self *self)
{
    uint64_t before = *typed_ring(self).in;
    uint32_t why;

    if (self->is_gone) {
        interrupt_ack(self);
        return;
    }
    why = self->device.transport->interrupt(&self->device);
    interrupt_ack(self);
    if (why & ~(VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG)) {
        must(is_gone(self));
        return; /* the bus will say so */
    }
    if (why & VIRTIO_INTERRUPT_CONFIG) {
        must(!(self->device.transport->status(&self->device) & VIRTIO_NEEDS_RESET));
    }
    typed_collect(self);
    typed_offer(self);
    text_collect(self);
    text_send(self);
    if (*typed_ring(self).in != before) {
        in_ready_emit(self);
    }
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}
