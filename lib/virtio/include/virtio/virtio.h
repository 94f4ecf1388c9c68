/*
 * A virtio device (Virtual I/O Device specification, version 1.1; sections are those of that text), whatever bus it is on: reset,
 * features, configuration.  What a bus does differently is in a table of functions (virtio/mmio.h); queues: virtio/queue.h.
 *
 * The device is not trusted: what it says is checked, and when it makes no sense the function says so.  The driver then fails;
 * its next incarnation resets the device.
 *
 *     virtio_mmio_open, virtio_begin, (queues) virtq_open, virtio_set_queue, virtio_go
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include <comp/fence.h>

#define VIRTIO_INLINE static inline __attribute__((unused))

/* Bits of the status (2.1). */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER      2u
#define VIRTIO_DRIVER_OK   4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED      128u

#define VIRTIO_F_VERSION_1       (1ull << 32) /* section 6 */
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33) /* the device is behind an IOMMU */

/* What an interrupt is for (4.1.4.5, 4.2.2). */
#define VIRTIO_INTERRUPT_QUEUE  1u
#define VIRTIO_INTERRUPT_CONFIG 2u

#define VIRTIO_QUEUES   8u       /* of one device, on PCI */
#define VIRTIO_PATIENCE 1000000u /* looks at a register that must change */

enum virtio_device {
    VIRTIO_NET = 1,
    VIRTIO_BLOCK = 2,
    VIRTIO_CONSOLE = 3,
    VIRTIO_ENTROPY = 4,
    VIRTIO_VSOCK = 19,
};

struct virtio;

/* A bus. */
struct virtio_transport {
    uint32_t (*device)(const struct virtio *v); /* enum virtio_device; 0: there is none */
    uint32_t (*status)(const struct virtio *v);
    void (*set_status)(const struct virtio *v, uint32_t status);
    uint32_t (*features)(const struct virtio *v, uint32_t word); /* word 0: bits 0..31 */
    void (*set_features)(const struct virtio *v, uint32_t word, uint32_t bits);
    /* Entries of the queue at most; 0: there is no such queue, or it is in use. */
    uint32_t (*queue_max)(const struct virtio *v, uint32_t queue);
    /* Physical addresses of the three parts; then the queue is in use. */
    void (*set_queue)(struct virtio *v, uint32_t queue, uint32_t size, uint64_t descriptors,
                      uint64_t available, uint64_t used);
    void (*notify)(const struct virtio *v, uint32_t queue);
    uint32_t (*interrupt)(const struct virtio *v); /* VIRTIO_INTERRUPT_*; acknowledges them */
    uint32_t (*generation)(const struct virtio *v);
    uint32_t (*config)(const struct virtio *v, uint32_t offset); /* 32 bits at a multiple of 4 */
};

struct virtio {
    const struct virtio_transport *transport;
    volatile uint8_t *regs; /* of the device */
    uint64_t features;      /* that both sides have */
    /* On PCI: where the parts of its registers are, in bytes from regs. */
    uint32_t common, notify, notify_bytes, notify_multiplier, interrupt, config, config_bytes;
    uint32_t device; /* enum virtio_device, or 0 */
    bool has_messages;
    uint32_t notify_at[VIRTIO_QUEUES];
};

/* All that was written to memory is seen by the device before what comes next, and the other way round. */
VIRTIO_INLINE void virtio_fence(void)
{
    comp_fence();
}

/* After it the device touches no memory.  False: it does not obey. */
VIRTIO_INLINE bool virtio_reset(const struct virtio *v)
{
    v->transport->set_status(v, 0);
    for (uint32_t i = 0; i < VIRTIO_PATIENCE; i++) {
        if (v->transport->status(v) == 0) {
            virtio_fence();
            return true;
        }
    }
    return false;
}

/*
 * Reset the device and agree on features (3.1.1, steps 1 to 6): those of `wanted` that it has, version 1, and that it is
 * behind an IOMMU, if it says so: addresses are the same there.  device: what it must be.
 * False: it is another one, or refuses.
 */
VIRTIO_INLINE bool virtio_begin(struct virtio *v, enum virtio_device device, uint64_t wanted)
{
    const struct virtio_transport *t = v->transport;
    uint32_t status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;

    if (t->device(v) != (uint32_t)device || !virtio_reset(v)) {
        return false;
    }
    t->set_status(v, VIRTIO_ACKNOWLEDGE);
    t->set_status(v, status);
    v->features = t->features(v, 0) | (uint64_t)t->features(v, 1) << 32;
    v->features &= wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;
    if (!(v->features & VIRTIO_F_VERSION_1)) {
        return false;
    }
    t->set_features(v, 0, (uint32_t)v->features);
    t->set_features(v, 1, (uint32_t)(v->features >> 32));
    t->set_status(v, status | VIRTIO_FEATURES_OK);
    return t->status(v) == (status | VIRTIO_FEATURES_OK);
}

/* The queues are there: the device may work (3.1.1, step 8). */
VIRTIO_INLINE void virtio_go(const struct virtio *v)
{
    v->transport->set_status(v, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK |
                                    VIRTIO_DRIVER_OK);
}

/* 64 bits of the configuration that belong together (2.4.1); false: they change all the time. */
VIRTIO_INLINE bool virtio_config64(const struct virtio *v, uint32_t offset, uint64_t *value)
{
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t generation = v->transport->generation(v);

        *value = v->transport->config(v, offset) | (uint64_t)v->transport->config(v, offset + 4)
                                                       << 32;
        if (v->transport->generation(v) == generation) {
            return true;
        }
    }
    return false;
}

#endif
