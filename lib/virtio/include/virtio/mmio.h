/* virtio over memory-mapped registers (4.2), version 2 of the layout. */
#ifndef VIRTIO_MMIO_H
#define VIRTIO_MMIO_H

#include <virtio/virtio.h>

/* Byte offsets (table 4.1). */
enum virtio_mmio_register {
    VIRTIO_MMIO_MAGIC = 0x000,
    VIRTIO_MMIO_VERSION = 0x004,
    VIRTIO_MMIO_DEVICE = 0x008,
    VIRTIO_MMIO_DEVICE_FEATURES = 0x010,
    VIRTIO_MMIO_DEVICE_FEATURES_WORD = 0x014,
    VIRTIO_MMIO_DRIVER_FEATURES = 0x020,
    VIRTIO_MMIO_DRIVER_FEATURES_WORD = 0x024,
    VIRTIO_MMIO_QUEUE = 0x030,
    VIRTIO_MMIO_QUEUE_MAX = 0x034,
    VIRTIO_MMIO_QUEUE_SIZE = 0x038,
    VIRTIO_MMIO_QUEUE_READY = 0x044,
    VIRTIO_MMIO_NOTIFY = 0x050,
    VIRTIO_MMIO_INTERRUPT = 0x060,
    VIRTIO_MMIO_INTERRUPT_ACK = 0x064,
    VIRTIO_MMIO_STATUS = 0x070,
    VIRTIO_MMIO_DESCRIPTORS = 0x080, /* low word, then high word */
    VIRTIO_MMIO_AVAILABLE = 0x090,
    VIRTIO_MMIO_USED = 0x0a0,
    VIRTIO_MMIO_GENERATION = 0x0fc,
    VIRTIO_MMIO_CONFIG = 0x100,
};

#define VIRTIO_MMIO_MAGIC_VALUE 0x74726976u /* "virt" */

VIRTIO_INLINE uint32_t virtio_mmio_read(const struct virtio *v, uint32_t offset)
{
    return *(volatile uint32_t *)(v->regs + offset);
}

VIRTIO_INLINE void virtio_mmio_write(const struct virtio *v, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(v->regs + offset) = value;
}

VIRTIO_INLINE uint32_t virtio_mmio_device(const struct virtio *v)
{
    if (virtio_mmio_read(v, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE ||
        virtio_mmio_read(v, VIRTIO_MMIO_VERSION) != 2) {
        return 0;
    }
    return virtio_mmio_read(v, VIRTIO_MMIO_DEVICE);
}

VIRTIO_INLINE uint32_t virtio_mmio_status(const struct virtio *v)
{
    return virtio_mmio_read(v, VIRTIO_MMIO_STATUS);
}

VIRTIO_INLINE void virtio_mmio_set_status(const struct virtio *v, uint32_t status)
{
    virtio_fence();
    virtio_mmio_write(v, VIRTIO_MMIO_STATUS, status);
}

VIRTIO_INLINE uint32_t virtio_mmio_features(const struct virtio *v, uint32_t word)
{
    virtio_mmio_write(v, VIRTIO_MMIO_DEVICE_FEATURES_WORD, word);
    return virtio_mmio_read(v, VIRTIO_MMIO_DEVICE_FEATURES);
}

VIRTIO_INLINE void virtio_mmio_set_features(const struct virtio *v, uint32_t word, uint32_t bits)
{
    virtio_mmio_write(v, VIRTIO_MMIO_DRIVER_FEATURES_WORD, word);
    virtio_mmio_write(v, VIRTIO_MMIO_DRIVER_FEATURES, bits);
}

VIRTIO_INLINE uint32_t virtio_mmio_queue_max(const struct virtio *v, uint32_t queue)
{
    virtio_mmio_write(v, VIRTIO_MMIO_QUEUE, queue);
    return virtio_mmio_read(v, VIRTIO_MMIO_QUEUE_READY)
               ? 0
               : virtio_mmio_read(v, VIRTIO_MMIO_QUEUE_MAX);
}

VIRTIO_INLINE void virtio_mmio_write64(const struct virtio *v, uint32_t offset, uint64_t value)
{
    virtio_mmio_write(v, offset, (uint32_t)value);
    virtio_mmio_write(v, offset + 4, (uint32_t)(value >> 32));
}

VIRTIO_INLINE void virtio_mmio_set_queue(struct virtio *v, uint32_t queue, uint32_t size,
                                         uint64_t descriptors, uint64_t available, uint64_t used)
{
    virtio_mmio_write(v, VIRTIO_MMIO_QUEUE, queue);
    virtio_mmio_write(v, VIRTIO_MMIO_QUEUE_SIZE, size);
    virtio_mmio_write64(v, VIRTIO_MMIO_DESCRIPTORS, descriptors);
    virtio_mmio_write64(v, VIRTIO_MMIO_AVAILABLE, available);
    virtio_mmio_write64(v, VIRTIO_MMIO_USED, used);
    virtio_fence();
    virtio_mmio_write(v, VIRTIO_MMIO_QUEUE_READY, 1);
}

VIRTIO_INLINE void virtio_mmio_notify(const struct virtio *v, uint32_t queue)
{
    virtio_mmio_write(v, VIRTIO_MMIO_NOTIFY, queue);
}

VIRTIO_INLINE uint32_t virtio_mmio_interrupt(const struct virtio *v)
{
    uint32_t why = virtio_mmio_read(v, VIRTIO_MMIO_INTERRUPT);

    virtio_mmio_write(v, VIRTIO_MMIO_INTERRUPT_ACK, why);
    virtio_fence();
    return why;
}

VIRTIO_INLINE uint32_t virtio_mmio_generation(const struct virtio *v)
{
    return virtio_mmio_read(v, VIRTIO_MMIO_GENERATION);
}

VIRTIO_INLINE uint32_t virtio_mmio_config(const struct virtio *v, uint32_t offset)
{
    return virtio_mmio_read(v, VIRTIO_MMIO_CONFIG + offset);
}

/* The device behind these registers; nothing is touched. */
VIRTIO_INLINE struct virtio virtio_mmio_open(volatile uint8_t *regs)
{
    static const struct virtio_transport mmio = {
        .device = virtio_mmio_device,
        .status = virtio_mmio_status,
        .set_status = virtio_mmio_set_status,
        .features = virtio_mmio_features,
        .set_features = virtio_mmio_set_features,
        .queue_max = virtio_mmio_queue_max,
        .set_queue = virtio_mmio_set_queue,
        .notify = virtio_mmio_notify,
        .interrupt = virtio_mmio_interrupt,
        .generation = virtio_mmio_generation,
        .config = virtio_mmio_config,
    };

    return (struct virtio){ .transport = &mmio, .regs = regs };
}

#endif
