/*
 * virtio over PCI (4.1), the modern layout: registers are where capabilities in the configuration space say, in the function's memory.
 * What the device says of itself is checked when it is opened; afterwards no register lies outside of that memory.
 */
#ifndef VIRTIO_PCI_H
#define VIRTIO_PCI_H

#include <comp/pci.h>
#include <tessera/error.h>
#include <virtio/virtio.h>

#define VIRTIO_PCI_VENDOR 0x1af4u /* 4.1.2 */
#define VIRTIO_PCI_DEVICE 0x1040u /* and enum virtio_device */

/* A capability (4.1.4): id, next, length, type; register; offset; length; a notify capability also has a multiplier. */
#define VIRTIO_PCI_CAPABILITY   0x09u
#define VIRTIO_PCI_CAPABILITIES 48u /* there is room for no more of them */

enum virtio_pci_part { /* type of a capability */
                       VIRTIO_PCI_COMMON = 1,
                       VIRTIO_PCI_NOTIFY = 2,
                       VIRTIO_PCI_INTERRUPT = 3,
                       VIRTIO_PCI_CONFIG = 4,
                       VIRTIO_PCI_PARTS = 5,
};

/* Byte offsets in the common part (4.1.4.3), and their widths. */
enum virtio_pci_register {
    VIRTIO_PCI_DEVICE_FEATURES_WORD = 0x00, /* 32 */
    VIRTIO_PCI_DEVICE_FEATURES = 0x04,      /* 32 */
    VIRTIO_PCI_DRIVER_FEATURES_WORD = 0x08, /* 32 */
    VIRTIO_PCI_DRIVER_FEATURES = 0x0c,      /* 32 */
    VIRTIO_PCI_CONFIG_MESSAGE = 0x10,       /* 16 */
    VIRTIO_PCI_STATUS = 0x14,               /* 8 */
    VIRTIO_PCI_GENERATION = 0x15,           /* 8 */
    VIRTIO_PCI_QUEUE = 0x16,                /* 16 */
    VIRTIO_PCI_QUEUE_SIZE = 0x18,           /* 16 */
    VIRTIO_PCI_QUEUE_MESSAGE = 0x1a,        /* 16 */
    VIRTIO_PCI_QUEUE_ENABLE = 0x1c,         /* 16 */
    VIRTIO_PCI_QUEUE_NOTIFY = 0x1e,         /* 16 */
    VIRTIO_PCI_DESCRIPTORS = 0x20,          /* 64, as two of 32 */
    VIRTIO_PCI_AVAILABLE = 0x28,
    VIRTIO_PCI_USED = 0x30,
    VIRTIO_PCI_COMMON_BYTES = 0x38,
};

struct self;

/* The driver's end of a bus, idl/bus.idl: bus_config and bus_bar, which compose writes for `needs Bus bus`. */
struct virtio_pci_bus {
    struct self *self;
    enum tess_err (*config)(struct self *self, uint32_t offset, uint32_t *value);
    enum tess_err (*bar)(struct self *self, uint32_t number, uint64_t *offset, uint64_t *bytes);
    /* NULL: the driver has the function's line, else its message. */
    enum tess_err (*messages)(struct self *self, uint64_t *table, uint64_t *address,
                              uint32_t *data);
};

/* The function is there as its driver has opened it: news of the bus that say that it came are old. */
VIRTIO_INLINE bool virtio_pci_is_as_opened(const struct virtio_pci_bus *bus)
{
    uint32_t command;

    return bus->config(bus->self, PCI_COMMAND, &command) == TESS_OK && command & PCI_MASTER;
}

VIRTIO_INLINE uint32_t virtio_pci_read(const struct virtio *v, uint32_t offset, uint32_t bits)
{
    volatile uint8_t *at = v->regs + v->common + offset;

    return bits == 8 ? *at : bits == 16 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

VIRTIO_INLINE void virtio_pci_write16(const struct virtio *v, uint32_t offset, uint32_t value)
{
    *(volatile uint16_t *)(v->regs + v->common + offset) = (uint16_t)value;
}

VIRTIO_INLINE void virtio_pci_write32(const struct virtio *v, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(v->regs + v->common + offset) = value;
}

VIRTIO_INLINE void virtio_pci_write64(const struct virtio *v, uint32_t offset, uint64_t value)
{
    virtio_pci_write32(v, offset, (uint32_t)value);
    virtio_pci_write32(v, offset + 4, (uint32_t)(value >> 32));
}

VIRTIO_INLINE uint32_t virtio_pci_device(const struct virtio *v)
{
    return v->device;
}

VIRTIO_INLINE uint32_t virtio_pci_status(const struct virtio *v)
{
    return virtio_pci_read(v, VIRTIO_PCI_STATUS, 8);
}

VIRTIO_INLINE void virtio_pci_set_status(const struct virtio *v, uint32_t status)
{
    virtio_fence();
    v->regs[v->common + VIRTIO_PCI_STATUS] = (uint8_t)status;
}

VIRTIO_INLINE uint32_t virtio_pci_features(const struct virtio *v, uint32_t word)
{
    virtio_pci_write32(v, VIRTIO_PCI_DEVICE_FEATURES_WORD, word);
    return virtio_pci_read(v, VIRTIO_PCI_DEVICE_FEATURES, 32);
}

VIRTIO_INLINE void virtio_pci_set_features(const struct virtio *v, uint32_t word, uint32_t bits)
{
    virtio_pci_write32(v, VIRTIO_PCI_DRIVER_FEATURES_WORD, word);
    virtio_pci_write32(v, VIRTIO_PCI_DRIVER_FEATURES, bits);
}

/* Where a queue is told of: queue_notify_off times the multiplier (4.1.4.4); 0: outside of that part. */
VIRTIO_INLINE uint32_t virtio_pci_notify_at(const struct virtio *v)
{
    uint64_t at = (uint64_t)virtio_pci_read(v, VIRTIO_PCI_QUEUE_NOTIFY, 16) * v->notify_multiplier;

    return at + 2 > v->notify_bytes || at % 2 ? 0 : v->notify + (uint32_t)at;
}

VIRTIO_INLINE uint32_t virtio_pci_queue_max(const struct virtio *v, uint32_t queue)
{
    uint32_t size;

    if (queue >= VIRTIO_QUEUES) {
        return 0;
    }
    virtio_pci_write16(v, VIRTIO_PCI_QUEUE, queue);
    size = virtio_pci_read(v, VIRTIO_PCI_QUEUE_SIZE, 16);
    if (virtio_pci_read(v, VIRTIO_PCI_QUEUE_ENABLE, 16) || virtio_pci_notify_at(v) == 0) {
        return 0;
    }
    return size;
}

VIRTIO_INLINE void virtio_pci_set_queue(struct virtio *v, uint32_t queue, uint32_t size,
                                        uint64_t descriptors, uint64_t available, uint64_t used)
{
    virtio_pci_write16(v, VIRTIO_PCI_QUEUE, queue);
    v->notify_at[queue] = virtio_pci_notify_at(v);
    virtio_pci_write16(v, VIRTIO_PCI_QUEUE_SIZE, size);
    virtio_pci_write64(v, VIRTIO_PCI_DESCRIPTORS, descriptors);
    virtio_pci_write64(v, VIRTIO_PCI_AVAILABLE, available);
    virtio_pci_write64(v, VIRTIO_PCI_USED, used);
    if (v->has_messages) { /* one for all queues and the configuration: entry 0 of the table */
        virtio_pci_write16(v, VIRTIO_PCI_QUEUE_MESSAGE, 0);
        virtio_pci_write16(v, VIRTIO_PCI_CONFIG_MESSAGE, 0);
    }
    virtio_fence();
    virtio_pci_write16(v, VIRTIO_PCI_QUEUE_ENABLE, 1);
}

VIRTIO_INLINE void virtio_pci_notify(const struct virtio *v, uint32_t queue)
{
    *(volatile uint16_t *)(v->regs + v->notify_at[queue]) = (uint16_t)queue;
}

/*
 * To read it is to acknowledge it.  With messages the register has only the news of the configuration (4.1.4.5.1): whether a queue
 * has something, it itself must say.
 */
VIRTIO_INLINE uint32_t virtio_pci_interrupt(const struct virtio *v)
{
    uint32_t why = v->regs[v->interrupt];

    virtio_fence();
    return v->has_messages ? why | VIRTIO_INTERRUPT_QUEUE : why;
}

VIRTIO_INLINE uint32_t virtio_pci_generation(const struct virtio *v)
{
    return virtio_pci_read(v, VIRTIO_PCI_GENERATION, 8);
}

/* Zero where the device has none. */
VIRTIO_INLINE uint32_t virtio_pci_config(const struct virtio *v, uint32_t offset)
{
    return (uint64_t)offset + 4 > v->config_bytes
               ? 0
               : *(volatile uint32_t *)(v->regs + v->config + offset);
}

/* ---- opening ---- */

/* A part of a device: where in its memory. */
struct virtio_pci_place {
    uint32_t offset, bytes, multiplier;
};

/* The capability at `at`: its place, if that is inside of regs_bytes.  False: it is not, or the bus is away. */
VIRTIO_INLINE bool virtio_pci_place(const struct virtio_pci_bus *bus, uint32_t at,
                                    uint64_t regs_bytes, struct virtio_pci_place *place)
{
    uint32_t bar, offset, bytes;
    uint64_t bar_offset, bar_bytes;

    if (bus->config(bus->self, at + 4, &bar) != TESS_OK ||
        bus->config(bus->self, at + 8, &offset) != TESS_OK ||
        bus->config(bus->self, at + 12, &bytes) != TESS_OK ||
        bus->bar(bus->self, bar & 0xff, &bar_offset, &bar_bytes) != TESS_OK) {
        return false;
    }
    if ((bar_offset | offset) % 4 || offset > bar_bytes || bytes > bar_bytes - offset ||
        bar_offset > regs_bytes || bar_bytes > regs_bytes - bar_offset) {
        return false;
    }
    *place = (struct virtio_pci_place){ (uint32_t)bar_offset + offset, bytes, 0 };
    return true;
}

/* The first capability of each part that is of use (4.1.4); bytes 0: there is none. */
VIRTIO_INLINE void virtio_pci_parts(const struct virtio_pci_bus *bus, uint64_t regs_bytes,
                                    struct virtio_pci_place part[VIRTIO_PCI_PARTS])
{
    uint32_t at = 0, head;

    (void)bus->config(bus->self, 0x34, &at);
    at &= 0xfc;
    for (uint32_t i = 0; at >= 0x40 && i < VIRTIO_PCI_CAPABILITIES; i++) {
        uint32_t type;

        if (bus->config(bus->self, at, &head) != TESS_OK) {
            return;
        }
        type = head >> 24;
        if ((head & 0xff) == VIRTIO_PCI_CAPABILITY && type >= VIRTIO_PCI_COMMON &&
            type < VIRTIO_PCI_PARTS && part[type].bytes == 0 &&
            virtio_pci_place(bus, at, regs_bytes, &part[type]) && type == VIRTIO_PCI_NOTIFY) {
            (void)bus->config(bus->self, at + 16, &part[type].multiplier);
        }
        at = head >> 8 & 0xfc;
    }
}

/* The device of a function: false: it is no virtio device, an old one, or its registers are nowhere. */
VIRTIO_INLINE bool virtio_pci_find(struct virtio *v, const struct virtio_pci_bus *bus,
                                   uint64_t regs_bytes)
{
    struct virtio_pci_place part[VIRTIO_PCI_PARTS] = { 0 };
    uint32_t id;

    if (bus->config(bus->self, 0, &id) != TESS_OK || (id & 0xffff) != VIRTIO_PCI_VENDOR ||
        id >> 16 <= VIRTIO_PCI_DEVICE) {
        return false;
    }
    virtio_pci_parts(bus, regs_bytes, part);
    if (part[VIRTIO_PCI_COMMON].bytes < VIRTIO_PCI_COMMON_BYTES ||
        part[VIRTIO_PCI_NOTIFY].bytes < 2 || part[VIRTIO_PCI_INTERRUPT].bytes < 1) {
        return false;
    }
    v->common = part[VIRTIO_PCI_COMMON].offset;
    v->notify = part[VIRTIO_PCI_NOTIFY].offset;
    v->notify_bytes = part[VIRTIO_PCI_NOTIFY].bytes;
    v->notify_multiplier = part[VIRTIO_PCI_NOTIFY].multiplier;
    v->interrupt = part[VIRTIO_PCI_INTERRUPT].offset;
    v->config = part[VIRTIO_PCI_CONFIG].offset;
    v->config_bytes = part[VIRTIO_PCI_CONFIG].bytes;
    v->device = (id >> 16) - VIRTIO_PCI_DEVICE;
    return true;
}

/* False: the function has no messages, or their table is nowhere. */
VIRTIO_INLINE bool virtio_pci_messages(struct virtio *v, const struct virtio_pci_bus *bus,
                                       uint64_t regs_bytes)
{
    uint64_t table, address;
    uint32_t data;

    v->has_messages = bus->messages &&
                      bus->messages(bus->self, &table, &address, &data) == TESS_OK &&
                      pci_message_set(v->regs, regs_bytes, table, address, data);
    return v->has_messages || !bus->messages;
}

/*
 * The device of a function, whose registers the bus has put somewhere into the regs_bytes at regs.  Nothing is touched but its table of
 * messages; whether there is one, says virtio_begin.  The function must be allowed to reach memory (enable) before virtio_go.
 */
VIRTIO_INLINE struct virtio virtio_pci_open(volatile uint8_t *regs, uint64_t regs_bytes,
                                            const struct virtio_pci_bus *bus)
{
    static const struct virtio_transport pci = {
        .device = virtio_pci_device,
        .status = virtio_pci_status,
        .set_status = virtio_pci_set_status,
        .features = virtio_pci_features,
        .set_features = virtio_pci_set_features,
        .queue_max = virtio_pci_queue_max,
        .set_queue = virtio_pci_set_queue,
        .notify = virtio_pci_notify,
        .interrupt = virtio_pci_interrupt,
        .generation = virtio_pci_generation,
        .config = virtio_pci_config,
    };
    struct virtio v = { .transport = &pci, .regs = regs };

    if (!virtio_pci_find(&v, bus, regs_bytes) || !virtio_pci_messages(&v, bus, regs_bytes)) {
        v.device = 0;
    }
    return v;
}

#endif
