/*
 * virtio network device (Virtual I/O Device specification 1.1, section 5.1): one queue to receive, one to send.
 *
 * The device writes what it receives into the clients' buffers, and reads from there what it sends; here is only what it needs for
 * those in flight.  So the driver is restarted by starting it, and does the same when a client has
 * been: then the device is reset, forgets the buffers of that client, and is given those of the others again.
 *
 *     client -> frames_receive_begin -> fill -> device -> irq_handle -> collect -> frames_receive_finish -> client
 *     client -> net_send_begin       -> fill -> device -> irq_handle -> collect -> net_finish            -> client
 */
#include <unistd.h>

#include <netdrv/fifo.h>
#include <netdrv/ether.h>
#include <virtio/mmio.h>
#include <virtio/pci.h>
#include <virtio/queue.h>

#include "NetVirtio.h"

#define FEATURE_MAC    (1ull << 5) /* 5.1.3 */
#define FEATURE_STATUS (1ull << 16)
#define FEATURES       (FEATURE_MAC | FEATURE_STATUS) /* that are of use */

/* 5.1.4: the address, six bytes, and behind it the status, two bytes; bit 0 of that: the link is up. */
#define CONFIG_ADDRESS 0u
#define CONFIG_LINK    (1ull << 48)

#define QUEUE_RECEIVE 0u /* 5.1.2 */
#define QUEUE_SEND    1u

#define HEADER_BYTES 12u /* 5.1.6: before every frame; says nothing when no features ask for it */
#define HEADER_ROOM  16u

/* A request in hand, by its id. */
struct work {
    uint64_t address; /* of the frame */
    uint32_t bytes;
    bool is_out; /* the device has it */
};

/* One direction. */
struct way {
    struct virtq queue;
    struct id_fifo waiting; /* for descriptors */
    struct work *work;
    uint32_t depth;
    bool is_written; /* by the device */
};

struct self {
    bool is_gone; /* the card: there is nothing on the bus */
    struct virtio device;
    struct way receive, send;
    uint64_t headers_address; /* that of the frames to send, then one an id of those to receive */
    uint64_t config;          /* address and status */
    struct work receive_work[FRAMES_DEPTH], send_work[NET_DEPTH];
};

enum { /* in the pool */
       SEND_AT = (VIRTQ_BYTES(VIRTQ_SIZE_MAX) + 15) & ~15u,
       HEADERS_AT = 2 * SEND_AT,
       POOL_USED = HEADERS_AT + HEADER_ROOM * (1 + FRAMES_DEPTH),
};
_Static_assert(POOL_USED <= POOL_BYTES, "queues and headers fit into the pool");
_Static_assert(FRAMES_DEPTH <= ID_FIFO_MAX && NET_DEPTH <= ID_FIFO_MAX, "and ids into a fifo");

/* ---- to the device ---- */

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

/* False: there are not enough descriptors now. */
static bool submit(struct self *self, struct way *way, uint32_t id)
{
    const struct work *w = &way->work[id];
    uint64_t header = self->headers_address + (way->is_written ? HEADER_ROOM * (1 + id) : 0);
    const struct virtq_buffer chain[2] = { { header, HEADER_BYTES, way->is_written },
                                           { w->address, w->bytes, way->is_written } };

    return virtq_add(&way->queue, chain, 2, id) == VIRTQ_OK;
}

/* Give the device what it can take. */
static void fill(struct self *self, struct way *way)
{
    bool is_new = false;

    while (!self->is_gone && way->waiting.count &&
           submit(self, way, id_fifo_first(&way->waiting))) {
        way->work[id_fifo_take(&way->waiting)].is_out = true;
        is_new = true;
    }
    if (is_new) {
        virtq_notify(&way->queue);
    }
}

static void begin(struct self *self, struct way *way, uint32_t id, uint64_t address, uint32_t bytes)
{
    way->work[id] = (struct work){ address, bytes, false };
    id_fifo_put(&way->waiting, id);
    fill(self, way);
}

/* ---- start ---- */

static void device_open(struct self *self)
{
    const struct virtio_pci_bus pci = bus_of(self);

    self->device = bus_connected() ? virtio_pci_open(regs(self), REGS_BYTES, &pci)
                                   : virtio_mmio_open(regs(self));
}

static void way_open(struct self *self, struct way *way, uint32_t number, uint32_t at)
{
    must(virtq_open(&way->queue, &self->device, number, VIRTQ_SIZE_MAX, pool(self) + at,
                    pool_address(self) + at));
    must(way->queue.size >= 2);
    for (uint32_t id = 0; id < way->depth; id++) {
        if (way->work[id].is_out) {
            way->work[id].is_out = false;
            id_fifo_put(&way->waiting, id);
        }
    }
}

static void read_config(struct self *self)
{
    must(virtio_config64(&self->device, CONFIG_ADDRESS, &self->config));
}

/* From any state: the device has nothing but what is in hand. */
static void start(struct self *self)
{
    must(virtio_begin(&self->device, VIRTIO_NET, FEATURES));
    must(self->device.features & FEATURE_MAC);
    if (bus_connected()) {
        must(bus_enable(self, true, true) == TESS_OK);
    }
    for (uint32_t i = 0; i < POOL_BYTES; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    read_config(self);
    way_open(self, &self->receive, QUEUE_RECEIVE, 0);
    way_open(self, &self->send, QUEUE_SEND, SEND_AT);
    virtio_go(&self->device);
    fill(self, &self->receive);
    fill(self, &self->send);
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_connected() && bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

/* Finds the device and starts it, if there is one. */
static void come(struct self *self)
{
    self->is_gone = is_gone(self);
    if (!self->is_gone) {
        device_open(self);
        start(self);
        interrupt_ack(self);
    }
}

static void init(struct self *self)
{
    self->headers_address = pool_address(self) + HEADERS_AT;
    self->receive.work = self->receive_work;
    self->receive.depth = FRAMES_DEPTH;
    self->receive.is_written = true;
    self->send.work = self->send_work;
    self->send.depth = NET_DEPTH;
    come(self);
}

/* ---- requests ---- */

static bool is_up(const struct self *self)
{
    return !self->is_gone &&
           (!(self->device.features & FEATURE_STATUS) || self->config & CONFIG_LINK);
}

static enum tess_err frames_receive_begin(struct self *self, uint32_t id, uint32_t room,
                                          void *frame, uint64_t frame_address)
{
    (void)frame;
    if (room < ETHER_FRAME_MAX) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    begin(self, &self->receive, id, frame_address, room);
    return TESS_OK;
}

static void frames_cancel(struct self *self, uint32_t from, uint32_t to)
{
    bool is_out = false;

    id_fifo_drop(&self->receive.waiting, from, to);
    for (uint32_t id = from; id < to; id++) {
        is_out |= self->receive_work[id].is_out;
        self->receive_work[id].is_out = false;
    }
    if (is_out && !self->is_gone) {
        start(self);
    }
}

static enum tess_err net_send_begin(struct self *self, uint32_t id, uint32_t n, const void *frame,
                                    uint64_t frame_address)
{
    (void)frame;
    if (!ether_may_send(n)) {
        return (enum tess_err)NET_ERROR_FRAME;
    }
    if (!is_up(self)) {
        return (enum tess_err)NET_ERROR_LINK;
    }
    begin(self, &self->send, id, frame_address, n);
    return TESS_OK;
}

static enum tess_err net_address_begin(struct self *self, uint32_t id)
{
    if (self->is_gone) {
        return (enum tess_err)NET_ERROR_LINK;
    }
    net_address_finish(self, id, TESS_OK, self->config & ETHER_BROADCAST);
    return TESS_OK;
}

static enum tess_err net_link_begin(struct self *self, uint32_t id)
{
    net_link_finish(self, id, TESS_OK, is_up(self));
    return TESS_OK;
}

/* ---- from the device ---- */

static bool take(struct way *way, struct virtq_done *done)
{
    enum virtq_result result = virtq_collect(&way->queue, done);

    must(result == VIRTQ_OK || result == VIRTQ_NONE);
    if (result == VIRTQ_OK) {
        way->work[done->token].is_out = false;
    }
    return result == VIRTQ_OK;
}

/* What is not even a frame's header is dropped. */
static void collect_received(struct self *self)
{
    struct virtq_done done;

    while (take(&self->receive, &done)) {
        must(done.bytes >= HEADER_BYTES);
        if (done.bytes < HEADER_BYTES + ETHER_HEADER) {
            id_fifo_put(&self->receive.waiting, done.token);
        } else {
            frames_receive_finish(self, done.token, TESS_OK, done.bytes - HEADER_BYTES);
        }
    }
    fill(self, &self->receive);
}

static void collect_sent(struct self *self)
{
    struct virtq_done done;

    while (take(&self->send, &done)) {
        net_finish(self, done.token, TESS_OK);
    }
    fill(self, &self->send);
}

/* What was to be sent is over; room for frames waits for the next card. */
static void stop(struct self *self)
{
    self->is_gone = true;
    while (self->send.waiting.count) {
        net_finish(self, id_fifo_take(&self->send.waiting), (enum tess_err)NET_ERROR_LINK);
    }
    for (uint32_t id = 0; id < NET_DEPTH; id++) {
        if (self->send_work[id].is_out) {
            self->send_work[id].is_out = false;
            net_finish(self, id, (enum tess_err)NET_ERROR_LINK);
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
    come(self);
}

static void interrupt(struct self *self)
{
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
        read_config(self);
    }
    collect_sent(self);
    collect_received(self);
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}
