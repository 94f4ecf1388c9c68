/*
 * NVM Express disk on PCI (NVM Express revision 1.4): one namespace, one pair of queues besides the admin ones; its interrupt is the
 * function's line or, where the system connects that, its message.
 *
 * As drivers/block_virtio: requests and their data lie with the clients until they are completed, here is only what the device
 * needs for those in flight.  Start is recovery: the controller is reset before anything else happens.  When it does what it must
 * not, the driver fails.
 *
 *     client -> blk_read_begin -> submit -> device -> irq_handle -> collect -> blk_finish -> client
 *
 * The pool: a page each for the four queues and for what the device says of itself, then the lists of pages, one for each request.
 */
#include <unistd.h>

#include <blockdrv/blockdrv.h>
#include <comp/pci.h>
#include <comp/sleep.h>

#include "BlockNvme.h"
#include "nvme.h"

#define ADMIN_ENTRIES 4u
#define ENTRIES       64u           /* of the queues for requests, at most */
#define TRANSFER      (64u * 1024u) /* bytes of a request, at most */

#define LIST_ENTRIES NVME_LIST(TRANSFER) /* the first page is not in it */

enum { /* in the pool */
       ADMIN_COMMANDS = 0 * NVME_PAGE,
       ADMIN_COMPLETIONS = 1 * NVME_PAGE,
       COMMANDS = 2 * NVME_PAGE,
       COMPLETIONS = 3 * NVME_PAGE,
       IDENTITY = 4 * NVME_PAGE,
       LISTS = 5 * NVME_PAGE,
};

#define OPEN_MS       1000u /* for the bus to open the function */
#define SPINS         100u  /* looks before it sleeps between them */
#define NAP_NS        10000u
#define ADMIN_NS      5000000000u /* for an admin command */
#define BATCH         16u         /* completions for which the device is told once */
#define EMPTY_MAX     100u        /* interrupts in a row without a completion */
#define UNTOLD_MAX    16u         /* queues that were not empty when incarnations in a row died */
#define FORGOTTEN_MAX 256u        /* resets of one start */

/* A request in hand, by its id. */
struct work {
    uint64_t sector, address; /* of the data */
    uint32_t operation, bytes;
    bool is_in_hand;
};

struct self {
    volatile uint8_t *registers;
    uint64_t early; /* signals that came while the device was set up */
    struct nvme_queue admin, queue;
    uint64_t sectors;
    uint32_t block_shift; /* 2 ** this sectors are a block of the device */
    uint32_t empty;       /* interrupts */
    bool has_cache, is_read_only;
    bool is_gone; /* the device: there is nothing on the bus */
    struct blockdrv_waiting waiting;
    uint32_t next[BLK_DEPTH];
    struct work work[BLK_DEPTH];
};

_Static_assert(BLK_DEPTH <= NVME_IDS, "a request's id is its command identifier");
_Static_assert(LISTS + BLK_DEPTH * LIST_ENTRIES * 8 <= POOL_BYTES, "the lists fit into the pool");
_Static_assert(NVME_PAGE % (LIST_ENTRIES * 8) == 0, "no list crosses a page (4.3)");

static void must(bool is_so)
{
    if (!is_so) {
        _exit(1);
    }
}

/* ---- registers ---- */

static uint32_t read32(struct self *self, uint32_t offset)
{
    return *(volatile uint32_t *)(self->registers + offset);
}

static void write32(struct self *self, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(self->registers + offset) = value;
}

static uint64_t read64(struct self *self, uint32_t offset)
{
    return read32(self, offset) | (uint64_t)read32(self, offset + 4) << 32;
}

static void write64(struct self *self, uint32_t offset, uint64_t value)
{
    write32(self, offset, (uint32_t)value);
    write32(self, offset + 4, (uint32_t)(value >> 32));
}

/* ---- start ---- */

/* The registers, in what the bus gives this function when it is open. */
static void find_registers(struct self *self)
{
    struct bus_identity identity;
    uint64_t offset, bytes;
    enum tess_err err;

    must(bus_identity(self, &identity) == TESS_OK && identity.class == NVME_CLASS);
    for (uint32_t i = 0; (err = bus_bar(self, 0, &offset, &bytes)) == TESS_STATE && i < OPEN_MS;
         i++) {
        self->early |= comp_sleep_early(tess_deadline_ns(1000000));
    }
    must(err == TESS_OK);
    must(bytes > NVME_BELLS && bytes <= REGS_BYTES && offset <= REGS_BYTES - bytes);
    must(bus_enable(self, true, false) == TESS_OK);
    self->registers = regs(self) + offset;
    must(NVME_BELLS + 4 * NVME_CAP_STRIDE(read64(self, NVME_CAP)) <= bytes);
    if (msi_connected()) {
        uint64_t table, address;
        uint32_t data;

        must(bus_messages(self, &table, &address, &data) == TESS_OK);
        must(pci_message_set(regs(self), REGS_BYTES, table, address, data));
    }
}

/* One of the two is connected. */
static void interrupt_ack(struct self *self)
{
    irq_ack(self);
    msi_ack(self);
}

/* Masks of the line, which messages do not have (3.1.3). */
static void mask(struct self *self, uint32_t offset)
{
    if (!msi_connected()) {
        write32(self, offset, UINT32_MAX);
    }
}

/* Between two looks at something that will change. */
static void nap(struct self *self, uint32_t look)
{
    if (look >= SPINS) {
        self->early |= comp_sleep_early(tess_deadline_ns(NAP_NS));
    }
}

/* Until CSTS.RDY is so (3.1.5: it takes CAP.TO at most).  A device that is gone reads as all ones. */
static void wait_ready(struct self *self, bool is_ready, uint64_t cap)
{
    uint64_t end = tess_deadline_ns(NVME_CAP_TIMEOUT_NS(cap));

    for (uint32_t look = 0;; look++) {
        uint32_t status = read32(self, NVME_CSTS);

        must(status != UINT32_MAX && tess_now() < end);
        if (!(status & NVME_CSTS_READY) == !is_ready) {
            return;
        }
        must(!is_ready || !(status & NVME_CSTS_FATAL));
        nap(self, look);
    }
}

/* After it the device touches no memory.  A controller that is about to become ready must not be disabled before it is (3.1.5). */
static void reset(struct self *self, uint64_t cap)
{
    uint32_t configuration = read32(self, NVME_CC);

    if (configuration & NVME_CC_ENABLE) {
        if (!(read32(self, NVME_CSTS) & NVME_CSTS_FATAL)) {
            wait_ready(self, true, cap);
        }
        write32(self, NVME_CC, configuration & ~NVME_CC_ENABLE);
    }
    wait_ready(self, false, cap);
    mask(self, NVME_INTMS);
}

static void enable(struct self *self, uint64_t cap)
{
    uint64_t address = pool_address(self);

    for (uint32_t i = 0; i < LISTS; i += 8) {
        *(volatile uint64_t *)(pool(self) + i) = 0;
    }
    nvme_queue_open(&self->admin, 0, ADMIN_ENTRIES, pool(self) + ADMIN_COMMANDS,
                    pool(self) + ADMIN_COMPLETIONS, self->registers + NVME_BELLS,
                    NVME_CAP_STRIDE(cap));
    must(bus_enable(self, true, true) == TESS_OK);
    write32(self, NVME_AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1)); /* 3.1.8 */
    write64(self, NVME_ASQ, address + ADMIN_COMMANDS);
    write64(self, NVME_ACQ, address + ADMIN_COMPLETIONS);
    comp_fence();
    write32(self, NVME_CC, NVME_CC_VALUE);
    wait_ready(self, true, cap);
}

/* An admin command, waited for; only used while the driver starts.  The device is not told that it was. */
static void command_untold(struct self *self, const struct nvme_command *c)
{
    uint64_t end = tess_deadline_ns(ADMIN_NS);
    struct nvme_done done;
    enum nvme_result result;

    nvme_send(&self->admin, 0, c);
    for (uint32_t look = 0; (result = nvme_collect(&self->admin, &done)) == NVME_NONE; look++) {
        must(tess_now() < end);
        nap(self, look);
    }
    must(result == NVME_OK && done.status == 0);
}

static void command(struct self *self, const struct nvme_command *c)
{
    command_untold(self, c);
    nvme_collected(&self->admin);
}

/* What the device says of itself or of a namespace, 4096 bytes (5.15). */
static const volatile uint8_t *identify(struct self *self, uint32_t what, uint32_t name_space)
{
    command(self, &(struct nvme_command){
                      .id = NVME_IDENTIFY,
                      .name_space = name_space,
                      .data = { pool_address(self) + IDENTITY },
                      .argument = { what },
                  });
    return pool(self) + IDENTITY;
}

/* 5.15.2: the controller's data structure, then the namespace's. */
static void learn(struct self *self)
{
    const volatile uint8_t *data = identify(self, NVME_IDENTIFY_CONTROLLER, 0);
    uint8_t most = data[77]; /* MDTS: 2 ** this pages a request; 0: any number */
    uint32_t format;

    must(most == 0 || (most < 32 && (uint64_t)NVME_PAGE << most >= TRANSFER));
    self->has_cache = data[525] & 1;
    data = identify(self, NVME_IDENTIFY_NAMESPACE, NUMBER);
    self->sectors = *(const volatile uint64_t *)data; /* NSZE: in blocks */
    self->is_read_only = data[99] & 1;
    format = *(const volatile uint32_t *)(data + 128 + 4 * (data[26] & 15));
    must((format & 0xffff) == 0); /* metadata is not known here */
    must((format >> 16 & 0xff) == 9 || (format >> 16 & 0xff) == 12);
    self->block_shift = (format >> 16 & 0xff) - 9;
    must(self->sectors <= UINT64_MAX >> self->block_shift);
    self->sectors <<= self->block_shift;
}

/* The line is seen in the status of the function (PCI 3.0, 6.2.3); it must not be masked in the controller for that. */
static bool is_line_high(struct self *self)
{
    uint32_t value = 0;

    write32(self, NVME_INTMC, UINT32_MAX);
    must(bus_config(self, PCI_COMMAND, &value) == TESS_OK);
    write32(self, NVME_INTMS, UINT32_MAX);
    return value & PCI_LINE;
}

/*
 * QEMU (7.2, hw/nvme) counts the queues that hold completions, does not forget the count at a reset, and takes one off whenever it is told that a queue is
 * empty, also one that was.  Unless the count is 0 when all is told, it holds the line high for ever.  It is too high when a queue was not empty at a
 * reset: to tell it of an empty one takes one off.  It is below 0 when a mad driver has told it of empty ones: a completion that it is not told of, and a reset, adds
 * one.  All that there was has been told: now the line says whether the count is 0.
 */
static void calm(struct self *self, uint64_t cap)
{
    const struct nvme_command nothing = { .id = NVME_SET_FEATURES,
                                          .argument = { NVME_FEATURE_QUEUES, 0 } };
    bool is_high = is_line_high(self);

    for (uint32_t i = 0; i < UNTOLD_MAX && is_high; i++) {
        *self->admin.head_bell = self->admin.next;
        is_high = is_line_high(self);
    }
    for (uint32_t i = 0; is_high; i++) {
        must(i < FORGOTTEN_MAX); /* the next incarnation goes on */
        command_untold(self, &nothing);
        reset(self, cap);
        enable(self, cap);
        command(self, &nothing);
        is_high = is_line_high(self);
    }
}

/* The pair with number 1 (5.21.1.7, 5.3, 5.4). */
static void make_queues(struct self *self, uint64_t cap)
{
    uint32_t size = NVME_CAP_ENTRIES(cap) < ENTRIES ? NVME_CAP_ENTRIES(cap) : ENTRIES;
    uint64_t address = pool_address(self);

    must(size >= 2);
    command(self, &(struct nvme_command){
                      .id = NVME_SET_FEATURES,
                      .argument = { NVME_FEATURE_QUEUES, 0 },
                  });
    command(self, &(struct nvme_command){
                      .id = NVME_CREATE_CQ,
                      .data = { address + COMPLETIONS },
                      .argument = { (size - 1) << 16 | 1, NVME_CONTIGUOUS | NVME_INTERRUPTS },
                  });
    command(self, &(struct nvme_command){
                      .id = NVME_CREATE_SQ,
                      .data = { address + COMMANDS },
                      .argument = { (size - 1) << 16 | 1, 1u << 16 | NVME_CONTIGUOUS },
                  });
    nvme_queue_open(&self->queue, 1, (uint16_t)size, pool(self) + COMMANDS,
                    pool(self) + COMPLETIONS, self->registers + NVME_BELLS, NVME_CAP_STRIDE(cap));
}

/* What came while the device was set up. */
static void signal_early(struct self *self)
{
    uint64_t early = self->early;

    self->early = 0;
    comp_signal(early);
}

static bool is_gone(struct self *self)
{
    struct bus_identity identity;

    return bus_identity(self, &identity) == (enum tess_err)BUS_ERROR_NONE;
}

static void start(struct self *self)
{
    uint64_t cap;

    find_registers(self);
    cap = read64(self, NVME_CAP);
    must(NVME_CAP_NVM(cap) && NVME_CAP_PAGE_MIN(cap) == 0);
    reset(self, cap);
    enable(self, cap);
    learn(self);
    if (!msi_connected()) {
        calm(self, cap);
    }
    make_queues(self, cap);
    blockdrv_waiting_init(&self->waiting, self->next);
    mask(self, NVME_INTMC);
    self->is_gone = false;
    self->empty = 0;
    interrupt_ack(self);
    signal_early(self);
}

/* Where there is no device the driver waits for it. */
static void init(struct self *self)
{
    self->is_gone = true;
    if (!is_gone(self)) {
        start(self);
    }
}

/* ---- to the device ---- */

static void submit(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];
    uint32_t list = LISTS + id * LIST_ENTRIES * 8;
    struct nvme_command c = { .id = w->operation, .name_space = NUMBER };

    if (w->bytes) { /* 6.9, 6.15 */
        uint64_t block = w->sector >> self->block_shift;

        nvme_place(&c, w->address, w->bytes, (volatile uint64_t *)(pool(self) + list),
                   pool_address(self) + list);
        c.argument[0] = (uint32_t)block;
        c.argument[1] = (uint32_t)(block >> 32);
        c.argument[2] = (w->bytes / BLOCKDRV_SECTOR >> self->block_shift) - 1;
    }
    nvme_send(&self->queue, id, &c);
}

static void submit_waiting(struct self *self)
{
    while (self->waiting.first != BLOCKDRV_NONE && nvme_has_room(&self->queue)) {
        uint32_t id = self->waiting.first;

        blockdrv_go(&self->waiting);
        submit(self, id);
    }
}

static void begin(struct self *self, uint32_t id, struct work w)
{
    self->work[id] = w;
    blockdrv_wait(&self->waiting, id);
    submit_waiting(self);
}

/* Data lies at a multiple of 4 (4.3), and what is transferred are whole blocks of the device. */
static enum tess_err transfer(struct self *self, uint32_t id, uint32_t operation, uint64_t lba,
                              uint32_t n, uint64_t address)
{
    if (self->is_gone) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    if (!blockdrv_is_there(self->sectors, lba, n)) {
        return TESS_RANGE;
    }
    if (address % 4 || (lba | n) & ((1u << self->block_shift) - 1)) {
        return TESS_ARG;
    }
    if (n == 0) {
        blk_finish(self, id, TESS_OK);
    } else {
        begin(self, id, (struct work){ lba, address, operation, n * BLOCKDRV_SECTOR, true });
    }
    return TESS_OK;
}

static enum tess_err blk_read_begin(struct self *self, uint32_t element, uint32_t id, uint64_t lba,
                                    uint32_t n, void *buf, uint64_t buf_address)
{
    (void)element;
    (void)buf;
    return transfer(self, id, NVME_READ, lba, n, buf_address);
}

static enum tess_err blk_write_begin(struct self *self, uint32_t element, uint32_t id, uint64_t lba,
                                     uint32_t n, const void *buf, uint64_t buf_address)
{
    (void)element;
    (void)buf;
    if (self->is_read_only) {
        return (enum tess_err)BLOCK_ERROR_READ_ONLY;
    }
    return transfer(self, id, NVME_WRITE, lba, n, buf_address);
}

/* A device without a cache writes through. */
static enum tess_err blk_flush_begin(struct self *self, uint32_t element, uint32_t id)
{
    (void)element;
    if (self->is_gone) {
        return (enum tess_err)BLOCK_ERROR_IO;
    }
    if (self->has_cache) {
        begin(self, id, (struct work){ .operation = NVME_FLUSH, .is_in_hand = true });
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

static enum tess_err result_of(const struct nvme_done *done)
{
    bool is_protected =
        done->status == NVME_STATUS_PROTECTED || done->status == NVME_STATUS_READ_ONLY;

    if (done->status == 0) {
        return TESS_OK;
    }
    return (enum tess_err)(is_protected ? BLOCK_ERROR_READ_ONLY : BLOCK_ERROR_IO);
}

/* Some of what was completed; false: that was all. */
static bool collect(struct self *self)
{
    struct nvme_done done[BATCH];
    enum nvme_result result = NVME_OK;
    uint32_t count = 0;

    while (count < BATCH && (result = nvme_collect(&self->queue, &done[count])) == NVME_OK) {
        self->work[done[count++].id].is_in_hand = false;
    }
    must(result != NVME_BROKEN);
    nvme_collected(&self->queue);
    submit_waiting(self);
    for (uint32_t i = 0; i < count; i++) {
        blk_finish(self, done[i].id, result_of(&done[i]));
    }
    self->empty = count ? 0 : self->empty;
    return count == BATCH;
}

/*
 * The line is high as long as there are completions that the device has not been told to be collected (7.5.1.1).  One that stays high
 * without any is reset, and so is a device that sends messages without any.
 */
static void interrupt(struct self *self)
{
    if (self->is_gone) {
        interrupt_ack(self);
        return;
    }
    must(self->empty++ < EMPTY_MAX);
    while (collect(self)) {
    }
    interrupt_ack(self);
}

static void irq_handle(struct self *self)
{
    interrupt(self);
}

static void msi_handle(struct self *self)
{
    interrupt(self);
}

/* ---- from the bus ---- */

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

/* The device is there as it was started. */
static bool is_as_started(struct self *self)
{
    uint32_t command;

    return !self->is_gone && bus_config(self, PCI_COMMAND, &command) == TESS_OK &&
           command & PCI_MASTER;
}

/* It has gone, come, or both; or it had before the start, and the news is old. */
static void bus_changed_handle(struct self *self)
{
    if (is_as_started(self)) {
        return;
    }
    stop(self);
    if (!is_gone(self)) {
        start(self);
    }
}
