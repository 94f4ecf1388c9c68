/*
 * virtio block device (Virtual I/O Device specification 1.1, section 5.2).
 *
 * Every request lies in a queue between client and driver until it is completed, and its data in a buffer of theirs; here is only what
 * the device needs for those in flight.  So the driver is restarted by starting it: it resets the device, and
 * is given again what was not completed.  When the device does what it must not, it fails.
 *
 *     client -> blk_read_begin -> submit -> device -> irq_handle -> collect -> blk_finish -> client
 */
#include <unistd.h>

#include <blockdrv/blockdrv.h>
#include <virtio/mmio.h>
#include <virtio/pci.h>
#include <virtio/queue.h>

#include "BlockVirtio.h"

#define FEATURE_READ_ONLY (1ull << 5) /* 5.2.3 */
#define FEATURE_FLUSH     (1ull << 9)
#define FEATURES          (FEATURE_READ_ONLY | FEATURE_FLUSH) /* that are of use */

#define CONFIG_CAPACITY 0u /* 5.2.4: sectors */

enum { /* type of a request, 5.2.6 */
       TYPE_READ = 0,
       TYPE_WRITE = 1,
       TYPE_FLUSH = 4,
       TYPE_NONE = 0xffffffff, /* none that there is */
};

enum { /* what the device says of it */
       STATUS_OK = 0,
       STATUS_ERROR = 1,
       STATUS_UNSUPPORTED = 2,
       STATUS_NONE = 0xff, /* it has said nothing */
};

/* Head and tail of a chain, in the pool. */
struct frame {
    uint32_t type, reserved;
    uint64_t sector;
    uint8_t status, unused[15];
};

/* A request in hand, by its id. */
struct work {
    uint64_t sector;
    uint64_t address; /* of the data */
    uint32_t type, bytes;
    bool is_in_hand;
};

struct self {
    bool is_gone; /* the device: there is nothing on the bus */
    struct virtio device;
    struct virtq queue;
    volatile struct frame *frames; /* one an id */
    uint64_t frames_address;
    uint64_t sectors;
    struct blockdrv_waiting waiting; /* for descriptors */
    uint32_t next[BLK_DEPTH];
    struct work work[BLK_DEPTH];
};

_Static_assert(VIRTQ_BYTES(VIRTQ_SIZE_MAX) + 16 + BLK_DEPTH * sizeof(struct frame) <= POOL_BYTES,
               "queue and frames fit into the pool");

/* ---- start ---- */

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
        return virtio_begin(&self->device, VIRTIO_BLOCK, FEATURES);
    }
    self->device = virtio_pci_open(regs(self), REGS_BYTES, &pci);
    return virtio_begin(&self->device, VIRTIO_BLOCK, FEATURES) &&
           bus_enable(self, true, true) == TESS_OK;
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_connected() && bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

static void start(struct self *self)
{
    uint64_t at = (VIRTQ_BYTES(VIRTQ_SIZE_MAX) + 15) & ~15u, address = pool_address(self);

    must(device_open(self));
    for (uint32_t i = 0; i < at; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    self->frames = (volatile struct frame *)(pool(self) + at);
    self->frames_address = address + at;
    blockdrv_waiting_init(&self->waiting, self->next);
    must(virtq_open(&self->queue, &self->device, 0, VIRTQ_SIZE_MAX, pool(self), address));
    must(self->queue.size >= 3); /* descriptors of one chain */
    must(virtio_config64(&self->device, CONFIG_CAPACITY, &self->sectors));
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

/* A frame of the past is no request: what a driver that goes mad does not write into it is not done again. */
static void void_frame(volatile struct frame *f)
{
    f->type = TYPE_NONE;
    f->sector = UINT64_MAX;
}

/* False: there are not enough descriptors now. */
static bool submit(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];
    volatile struct frame *f = &self->frames[id];
    uint64_t address = self->frames_address + id * sizeof *f;
    struct virtq_buffer chain[3] = { { address, 16, false } };
    uint32_t count = 1;

    f->type = w->type;
    f->reserved = 0;
    f->sector = w->sector;
    f->status = STATUS_NONE;
    if (w->bytes) {
        chain[count++] = (struct virtq_buffer){ w->address, w->bytes, w->type == TYPE_READ };
    }
    chain[count++] =
        (struct virtq_buffer){ address + __builtin_offsetof(struct frame, status), 1, true };
    if (virtq_add(&self->queue, chain, count, id) != VIRTQ_OK) {
        return false;
    }
    virtq_notify(&self->queue);
    return true;
}

static void submit_waiting(struct self *self)
{
    while (self->waiting.first != BLOCKDRV_NONE && submit(self, self->waiting.first)) {
        blockdrv_go(&self->waiting);
    }
}

static void begin(struct self *self, uint32_t id, struct work w)
{
    self->work[id] = w;
    blockdrv_wait(&self->waiting, id);
    submit_waiting(self);
}

static enum tess_err transfer(struct self *self, uint32_t id, uint32_t type, uint64_t lba,
                              uint32_t n, uint64_t address)
{
    if (self->is_gone) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    if (!blockdrv_is_there(self->sectors, lba, n)) {
        return TESS_RANGE;
    }
    if (n == 0) {
        blk_finish(self, id, TESS_OK);
    } else {
        begin(self, id, (struct work){ lba, address, type, n * BLOCKDRV_SECTOR, true });
    }
    return TESS_OK;
}

static enum tess_err blk_read_begin(struct self *self, uint32_t element, uint32_t id, uint64_t lba,
                                    uint32_t n, void *buf, uint64_t buf_address)
{
    (void)element;
    (void)buf;
    return transfer(self, id, TYPE_READ, lba, n, buf_address);
}

static enum tess_err blk_write_begin(struct self *self, uint32_t element, uint32_t id, uint64_t lba,
                                     uint32_t n, const void *buf, uint64_t buf_address)
{
    (void)element;
    (void)buf;
    if (self->device.features & FEATURE_READ_ONLY) {
        return (enum tess_err)BLOCK_ERROR_READ_ONLY;
    }
    return transfer(self, id, TYPE_WRITE, lba, n, buf_address);
}

/* A device without that feature writes through. */
static enum tess_err blk_flush_begin(struct self *self, uint32_t element, uint32_t id)
{
    (void)element;
    if (self->is_gone) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    if (self->device.features & FEATURE_FLUSH) {
        begin(self, id, (struct work){ .type = TYPE_FLUSH, .is_in_hand = true });
    } else {
        blk_finish(self, id, TESS_OK);
    }
    return TESS_OK;
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t element, uint32_t id)
{
    (void)element;
    if (self->is_gone) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    blk_capacity_finish(self, id, TESS_OK, self->sectors);
    return TESS_OK;
}

/* ---- from the device ---- */

/* The device may be wrong about the disk, but not about what it has done. */
static enum tess_err result_of(struct self *self, const struct virtq_done *done)
{
    const struct work *w = &self->work[done->token];
    uint8_t status = self->frames[done->token].status;

    must(status <= STATUS_UNSUPPORTED);
    must(status != STATUS_OK || w->type != TYPE_READ || done->bytes == w->bytes + 1);
    return status == STATUS_OK ? TESS_OK : (enum tess_err)BLOCK_ERROR_IO;
}

static void collect(struct self *self)
{
    struct virtq_done done;
    enum virtq_result result;

    while ((result = virtq_collect(&self->queue, &done)) == VIRTQ_OK) {
        enum tess_err err = result_of(self, &done);

        self->work[done.token].is_in_hand = false;
        void_frame(&self->frames[done.token]);
        submit_waiting(self);
        blk_finish(self, done.token, err);
    }
    must(result == VIRTQ_NONE);
}

/* What the device had in hand is over. */
static void stop(struct self *self)
{
    self->is_gone = true;
    for (uint32_t id = 0; id < BLK_DEPTH; id++) {
        if (self->work[id].is_in_hand) {
            self->work[id].is_in_hand = false;
            blk_finish(self, id, (enum tess_err)BLOCK_ERROR_IO);
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
        must(virtio_config64(&self->device, CONFIG_CAPACITY, &self->sectors));
    }
    collect(self);
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}
