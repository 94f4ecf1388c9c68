/*
 * virtio devices as a guest sees them: registers in memory (Virtual I/O Device specification 1.1, section 4.2), split queues (2.6).
 *
 *      available ring --chain_next--> struct chain --(device works)--> chain_done --> used ring, interrupt
 *                            ^             taken                          taken no more
 *                            '----- vdevices_go_on: what is taken, after the monitor's death, is taken again
 *
 * Everything in guest memory is read once, then checked, then used.  A ring or chain that makes no sense sets NEEDS_RESET and stops the
 * device until the guest resets it (2.1.2).
 */
#ifndef VMM_VIRTIO_DEVICE_H
#define VMM_VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <virtio/queue.h>
#include <virtio/virtio.h>

#define QUEUES_MAX 3u
#define QUEUE_SIZE 128u
#define PIECES_MAX 20u /* of one chain */

struct piece {
    uint8_t *at; /* in guest memory: it may change at any time */
    uint32_t bytes;
    bool is_in; /* the device writes it */
};

struct chain {
    uint16_t head;
    uint16_t count;
    struct piece piece[PIECES_MAX];
};

struct vqueue {
    uint32_t size;
    uint8_t is_ready;
    uint64_t descriptors, available, used; /* guest-physical */
    uint16_t next;                         /* of the available ring */
    uint16_t used_next;                    /* of the used ring */
    uint16_t last;                         /* the head that went back last, or is going back */
    uint64_t taken[QUEUE_SIZE / 64];       /* heads that the device has in hand */
    /* valid if ready: where the monitor sees them */
    const uint8_t *table;
    volatile uint16_t *available_at, *used_at;
};

struct vdevice;

struct vdevice_kind {
    uint32_t device; /* enum virtio_device */
    uint32_t queues;
    uint64_t features;
    uint32_t patient; /* bits: queues whose driver seldom waits for what it gets back */
    void (*notify)(struct vdevice *d, unsigned queue);
    void (*reset)(struct vdevice *d);
    uint32_t (*config)(uint32_t offset); /* four bytes */
    bool (*idle)(void);                  /* nothing of the guest's is in hand; NULL: always */
    void (*loaded)(struct vdevice *d);   /* it is that of a snapshot; may be NULL */
};

struct vdevice {
    const struct vdevice_kind *kind; /* NULL: there is none */
    unsigned number;
    uint32_t device; /* that of its kind */
    uint32_t status, interrupt, select, feature_select, driver_select, generation;
    uint64_t driver_features;
    uint8_t is_broken;
    struct vqueue queue[QUEUES_MAX];
};

void vdevice_add(const struct vdevice_kind *kind);
unsigned vdevice_count(void);
void vdevices_reset(void);
bool vdevices_idle(void);
/* The registers in `state` come from outside: are they of the devices that there are?  What does not fit the guest's memory is broken. */
bool vdevices_fit(const struct vdevice *saved);
void vdevice_check(struct vdevice *d);
/* After another incarnation of the monitor: what it had in hand is taken again, and the guest looks at all queues once. */
void vdevices_go_on(void);
/* Four bytes; what the guest reads in its page (board.h:device_page). */
uint32_t vdevice_read(const struct vdevice *d, uint64_t offset);
void vdevice_write(struct vdevice *d, uint64_t offset, uint64_t value);
/* It works: the driver has said DRIVER_OK, and nothing is broken. */
bool vdevice_works(const struct vdevice *d);

/* The next chain that the guest has made available; false: there is none (or the device is broken now). */
bool chain_next(struct vdevice *d, unsigned queue, struct chain *out);
/* It goes back, with so many bytes written; an interrupt comes if the guest wants one. */
void chain_done(struct vdevice *d, unsigned queue, uint16_t head, uint32_t written);

/* Bytes of all pieces that the device writes (is_in), or reads. */
uint32_t chain_bytes(const struct chain *c, bool is_in);
/* Copy between a chain's pieces of that kind, from byte `from` on, and memory of the monitor; returns how many. */
uint32_t chain_copy(const struct chain *c, bool is_in, uint32_t from, void *memory, uint32_t bytes);

/* ---- the devices ---- */

extern const struct vdevice_kind virtio_blk, virtio_console, virtio_net, virtio_rng, virtio_vsock;

void virtio_blk_done(uint64_t cookie, bool is_error);
void virtio_rng_done(uint32_t bytes);
void virtio_net_sent(uint64_t cookie);
void virtio_net_received(const uint8_t *frame, uint32_t bytes);
void virtio_vsock_sent(uint64_t cookie);
/* What lies in that place belongs to the device until host_vsock_receive. */
void virtio_vsock_received(uint64_t cookie, uint32_t bytes);
/* Typed text; returns what it took; 0 when the guest has no such driver. */
uint32_t virtio_console_input(const uint8_t *text, uint32_t bytes);
bool virtio_console_works(void);

#endif
