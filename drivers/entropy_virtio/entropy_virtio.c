/*
 * virtio entropy device (Virtual I/O Device specification 1.1, section 5.4): it fills buffers with random bytes, the client's here.
 *
 * It may fill less than the buffer; then it gets the rest again, and the request is completed when the last byte was written.
 * What it has filled for a driver that died counts for nothing: the request is given to the next incarnation as a whole.
 */
#include <unistd.h>

#include <virtio/mmio.h>
#include <virtio/queue.h>

#include "EntropyVirtio.h"

/* A request in hand, by its id. */
struct work {
    uint64_t address; /* of what is not filled yet */
    uint32_t bytes;
};

struct self {
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

static void init(struct self *self)
{
    self->device = virtio_mmio_open(regs(self));
    must(virtio_begin(&self->device, VIRTIO_ENTROPY, 0));
    for (uint32_t i = 0; i < POOL_BYTES; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    must(
        virtq_open(&self->queue, &self->device, 0, VIRTQ_SIZE_MAX, pool(self), pool_address(self)));
    virtio_go(&self->device);
    irq_ack(self);
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
    self->work[id] = (struct work){ buf_address, n };
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
        entropy_finish(self, done->token, TESS_OK);
    }
}

static void irq_handle(struct self *self)
{
    uint32_t why = self->device.transport->interrupt(&self->device);
    struct virtq_done done;
    enum virtq_result result;

    irq_ack(self);
    if (why & VIRTIO_INTERRUPT_CONFIG) {
        must(!(self->device.transport->status(&self->device) & VIRTIO_NEEDS_RESET));
    }
    while ((result = virtq_collect(&self->queue, &done)) == VIRTQ_OK) {
        take(self, &done);
    }
    must(result == VIRTQ_NONE);
    submit_waiting(self);
}
