/*
 * Split virtqueues (2.6): chains of buffers go to the device, and come back in any order.
 *
 * The driver's books are in its private memory; of what lies in memory that the device reaches, only the used ring is read,
 * each word once, and believed as far as it fits the books: what came back is a chain that is out, and no more was
 * written to it than it has room for.  Else VIRTQ_BROKEN.
 */
#ifndef VIRTIO_QUEUE_H
#define VIRTIO_QUEUE_H

#include <virtio/virtio.h>

#define VIRTQ_NO_HEAD                                                                              \
    0xffffu /* no descriptor has that number: a device ends there, and takes no old head for a new one */
#define VIRTQ_SIZE_MAX 256u

#define VIRTQ_NEXT      1u /* descriptor flags (2.6.5) */
#define VIRTQ_WRITE     2u
#define VIRTQ_NO_NOTIFY 1u /* flag of the used ring (2.6.10) */

struct virtq_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
};

struct virtq_available {
    uint16_t flags, index;
    uint16_t ring[];
};

struct virtq_used_element {
    uint32_t id, bytes;
};

struct virtq_used {
    uint16_t flags, index;
    struct virtq_used_element ring[];
};

/*
 * Bytes of memory for a queue of so many entries; its address must be a multiple of 16.  The elements of the used ring, behind its first
 * four bytes, are aligned to their size, more than the specification asks for: an element across two pages is written half to
 * another address by QEMU 7.2, if the device is behind an IOMMU.
 */
#define VIRTQ_AVAILABLE_AT(size) (16u * (size))
#define VIRTQ_USED_AT(size)      (((VIRTQ_AVAILABLE_AT(size) + 6u + 2u * (size) + 3u) & ~7u) + 4u)
#define VIRTQ_BYTES(size)        (VIRTQ_USED_AT(size) + 6u + 8u * (size))

/* A piece of memory for the device. */
struct virtq_buffer {
    uint64_t address;
    uint32_t bytes;
    bool is_written; /* by the device */
};

/* What the driver knows of a descriptor. */
struct virtq_entry {
    uint16_t next;     /* of the chain, or of the free ones */
    uint16_t count;    /* descriptors of the chain that begins here and is out; 0: none does */
    uint32_t writable; /* bytes of it that the device may write */
    uint32_t token;    /* of the driver */
};

struct virtq {
    const struct virtio *device;
    uint32_t number, size;
    volatile struct virtq_descriptor *descriptors;
    volatile struct virtq_available *available;
    volatile struct virtq_used *used;
    uint16_t free, free_count;
    uint16_t index;     /* of the available ring: how many chains went out */
    uint16_t last_used; /* how many came back */
    struct virtq_entry entry[VIRTQ_SIZE_MAX];
};

enum virtq_result {
    VIRTQ_OK,
    VIRTQ_NONE,   /* nothing came back */
    VIRTQ_FULL,   /* not so many descriptors are free */
    VIRTQ_BROKEN, /* the device does not keep to the rules */
};

/* A chain that came back. */
struct virtq_done {
    uint32_t token;
    uint32_t bytes; /* that the device has written, as it says */
};

/*
 * A queue of at most `most` entries, a power of two, in VIRTQ_BYTES(most) of zeroed memory at `memory`, which the device finds at `address`.
 * Between virtio_begin and virtio_go.  False: the device has no such queue, or one of a size that cannot be.
 */
VIRTIO_INLINE bool virtq_open(struct virtq *q, struct virtio *v, uint32_t number, uint32_t most,
                              volatile uint8_t *memory, uint64_t address)
{
    uint32_t size = v->transport->queue_max(v, number);

    if (size == 0 || most > VIRTQ_SIZE_MAX) {
        return false;
    }
    while (most > size) {
        most /= 2;
    }
    *q = (struct virtq){ .device = v, .number = number, .size = most };
    q->descriptors = (volatile struct virtq_descriptor *)memory;
    q->available = (volatile struct virtq_available *)(memory + VIRTQ_AVAILABLE_AT(most));
    q->used = (volatile struct virtq_used *)(memory + VIRTQ_USED_AT(most));
    q->free_count = (uint16_t)most;
    for (uint32_t i = 0; i < most; i++) {
        q->entry[i].next = (uint16_t)(i + 1);
    }
    v->transport->set_queue(v, number, most, address, address + VIRTQ_AVAILABLE_AT(most),
                            address + VIRTQ_USED_AT(most));
    return true;
}

/* Send a chain of `count` buffers, those that the device writes last (2.6.13).  FULL: some must come back first. */
VIRTIO_INLINE enum virtq_result virtq_add(struct virtq *q, const struct virtq_buffer *buffer,
                                          uint32_t count, uint32_t token)
{
    uint16_t head = q->free, at = head;
    uint32_t writable = 0;

    if (count == 0 || count > q->free_count) {
        return VIRTQ_FULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        uint16_t next = q->entry[at].next;

        q->descriptors[at].address = buffer[i].address;
        q->descriptors[at].bytes = buffer[i].bytes;
        q->descriptors[at].flags =
            (uint16_t)((buffer[i].is_written ? VIRTQ_WRITE : 0) | (is_last ? 0 : VIRTQ_NEXT));
        q->descriptors[at].next = is_last ? 0 : next;
        writable += buffer[i].is_written ? buffer[i].bytes : 0;
        at = next;
    }
    q->free = at;
    q->free_count = (uint16_t)(q->free_count - count);
    q->entry[head].count = (uint16_t)count;
    q->entry[head].writable = writable;
    q->entry[head].token = token;
    q->available->ring[q->index % q->size] = VIRTQ_NO_HEAD;
    q->available->ring[q->index % q->size] = head;
    virtio_fence();
    q->available->index = ++q->index;
    return VIRTQ_OK;
}

/* Tell the device that there are chains, unless it says that it looks by itself (2.6.13.4.1). */
VIRTIO_INLINE void virtq_notify(const struct virtq *q)
{
    virtio_fence();
    if (!(q->used->flags & VIRTQ_NO_NOTIFY)) {
        q->device->transport->notify(q->device, q->number);
    }
}

/* The descriptors of a chain are free again.  They say nothing any more: a driver that goes mad does not repeat old requests with them. */
VIRTIO_INLINE void virtq_release(struct virtq *q, uint16_t head)
{
    uint16_t last = head, at = head;

    for (uint32_t i = 0; i < q->entry[head].count; i++) {
        q->descriptors[at].address = 0;
        q->descriptors[at].bytes = 0;
        q->descriptors[at].flags = 0;
        last = at;
        at = q->entry[at].next;
    }
    q->free_count = (uint16_t)(q->free_count + q->entry[head].count);
    q->entry[head].count = 0;
    q->entry[last].next = q->free;
    q->free = head;
}

/* The next chain that came back (2.6.14).  NONE; BROKEN: reset the device. */
VIRTIO_INLINE enum virtq_result virtq_collect(struct virtq *q, struct virtq_done *done)
{
    uint16_t index = q->used->index;
    uint16_t out = (uint16_t)(q->index - q->last_used); /* chains that are out */
    uint32_t id;

    if (index == q->last_used) {
        return VIRTQ_NONE;
    }
    if ((uint16_t)(index - q->last_used) > out) {
        return VIRTQ_BROKEN;
    }
    virtio_fence();
    id = q->used->ring[q->last_used % q->size].id;
    done->bytes = q->used->ring[q->last_used % q->size].bytes;
    if (id >= q->size || q->entry[id].count == 0 || done->bytes > q->entry[id].writable) {
        return VIRTQ_BROKEN;
    }
    done->token = q->entry[id].token;
    q->last_used++;
    virtq_release(q, (uint16_t)id);
    return VIRTQ_OK;
}

#endif
