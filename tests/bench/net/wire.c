/* The other end of the wire: frames that cost nothing when they are sent, and no interrupt afterwards. */
#include <netdrv/ether.h>
#include <virtio/mmio.h>
#include <virtio/queue.h>

#include "NetWire.h"

#define NO_INTERRUPT                                                                               \
    1u /* flag of the available ring (Virtual I/O Device specification 1.1, 2.6.6) */
#define QUEUE_SEND 1u

#define HEADER_BYTES 12u
#define FRAME_AT     ((VIRTQ_BYTES(VIRTQ_SIZE_MAX) + 15) & ~15u)

struct self {
    struct virtio device;
    struct virtq queue;
};

static void init(struct self *self)
{
    self->device = virtio_mmio_open(regs(self));
    if (!virtio_begin(&self->device, VIRTIO_NET, 0) ||
        !virtq_open(&self->queue, &self->device, QUEUE_SEND, VIRTQ_SIZE_MAX, pool(self),
                    pool_address(self))) {
        __builtin_trap();
    }
    self->queue.available->flags = NO_INTERRUPT;
    virtio_go(&self->device);
}

static enum tess_err wire_put(struct self *self, uint32_t n, uint64_t mac)
{
    const struct virtq_buffer frame = { pool_address(self) + FRAME_AT,
                                        HEADER_BYTES + ETHER_FRAME_MAX, false };
    struct virtq_done done;

    for (uint32_t i = 0; i < 6; i++) {
        pool(self)[FRAME_AT + HEADER_BYTES + i] = (uint8_t)(mac >> 8 * i);
    }
    while (virtq_collect(&self->queue, &done) == VIRTQ_OK) {
    }
    for (uint32_t i = 0; i < n; i++) {
        if (virtq_add(&self->queue, &frame, 1, i) != VIRTQ_OK) {
            return TESS_NOMEM;
        }
    }
    virtq_notify(&self->queue);
    return TESS_OK;
}
