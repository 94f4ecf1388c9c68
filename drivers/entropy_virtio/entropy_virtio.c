/*
 * virtio entropy device (Virtual I/O Device specification 1.1, section 5.4): it fills buffers with random bytes, the client's here.
 *
 * It may fill less than the buffer; then it gets the rest again, and the request is completed when the last byte was written.
 * What it has filled for a driver that died counts for nothing: the request is given to the next incarnation as a whole.
 */
#include <unistd.h>

#include <virtio/mmio.h>
#include <virtio/pci.h>
#include <virtio/queue.h>

#include "EntropyVirtio.h"

/* A request in hand, by its id. */
struct work {
    uint64_t address; /* of what is not filled yet */
    uint32_t bytes;
    bool is_in_hand;
};

struct self {
    bool is_gone; /* the device: there is nothing on the bus */
    struct virtio device;
    struct virtq queue;
    bool is_waiting[ENTROPY_DEPTH]; /* for a descriptor */
    struct work work[ENTROPY_DEPTH];
};

_Static_assert(VIRTQ_BYTES(VIRTQ_SIZE_MAX) <= POOL_BYTES, "the queue fits into the pool");

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

/* The device is reset; then it may reach memory. */
static bool device_open(struct self *self)
{
    const struct virtio_pci_bus pci = bus_of(self);

    if (!bus_connected()) {
        self->device = virtio_mmio_open(regs(self));
        return virtio_begin(&self->device, VIRTIO_ENTROPY, 0);
    }
    self->device = virtio_pci_open(regs(self), REGS_BYTES, &pci);
    return virtio_begin(&self->device, VIRTIO_ENTROPY, 0) &&
           bus_enable(self, true, true) == TESS_OK;
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_connected() && bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

static void start(struct self *self)
{
    must(device_open(self));
    for (uint32_t i = 0; i < POOL_BYTES; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    must(
        virtq_open(&self->queue, &self->device, 0, VIRTQ_SIZE_MAX, pool(self), pool_address(self)));
    virtio_go(&self->device);
    interrupt_ack(self);
}

static void init(struct self *self)
{
    self->is_gone = is_gone(self);
    if (!self->is_gone) {
        start(self);
    }
}

/* ---- to the device ---- */

/* Where there are no descriptors left it waits for one. */
static void submit(struct self *self, uint32_t id)
{
    const struct virtq_buffer rest = { self->work[id].address, self->work[id].bytes, true };

    self->is_waiting[id] = virtq_add(&self->queue, &rest, 1, id) != VIRTQ_OK;
    if (!self->is_waiting[id]) {
        virtq_notify(&self->queue);
    }
}

static void submit_waiting(struct self *self)
{
    for (uint32_t id = 0; id < ENTROPY_DEPTH && self->queue.free_count; id++) {
        if (self->is_waiting[id]) {
            submit(self, id);
        }
    }
}

static enum tess_err entropy_get_begin(struct self *self, uint32_t element, uint32_t id, uint32_t n,
                                       void *buf, uint64_t buf_address)
{
    (void)element;
    (void)buf;
    if (self->is_gone) {
        return TESS_GONE;
    }
    self->work[id] = (struct work){ buf_address, n, n > 0 };
    if (n) {
        submit(self, id);
    } else {
        entropy_finish(self, id, TESS_OK);
    }
    return TESS_OK;
}

/* ---- from the device ---- */

/* The device gives at least a byte (5.4.6.2), and virtq_collect has seen that it is no more than there is room for. */
static void take(struct self *self, const struct virtq_done *done)
{
    struct work *w = &self->work[done->token];

    must(done->bytes > 0);
    w->address += done->bytes;
    w->bytes -= done->bytes;
    if (w->bytes) {
        submit(self, done->token);
    } else {
        w->is_in_hand = false;
        entropy_finish(self, done->token, TESS_OK);
    }
}

/* What the device had in hand is over. */
static void stop(struct self *self)
{
    self->is_gone = true;
    for (uint32_t id = 0; id < ENTROPY_DEPTH; id++) {
        self->is_waiting[id] = false;
        if (self->work[id].is_in_hand) {
            self->work[id].is_in_hand = false;
            entropy_finish(self, id, TESS_GONE);
        }
    }
}

/* It has gone, come, or both; or it had before the start, and the news is old. */
static void bus_changed_handle(struct self *self)
{
    const struct virtio_pci_bus pci = bus_of(self);

    if (!self->is_gone && virtio_pci_is_as_opened(&pci)) {
        return;
    }
    stop(self);
    if (!is_gone(self)) {
        self->is_gone = false;
        start(self);
    }
}

static void interrupt(struct self *self)
{
    struct virtq_done done;
    enum virtq_result result;
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
    while ((result = virtq_collect(&self->queue, &done)) == VIRTQ_OK) {
        take(self, &done);
    }
    must(result == VIRTQ_NONE);
    submit_waiting(self);
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}
