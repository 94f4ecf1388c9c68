/*
 * A disk in memory that does wrong what it is told to do wrong, once: with the request that comes next, or by itself.  The commands are
 * those of the operators of the group "interface" (plan/operator.h).
 */
#include "RogueDisk.h"

#include "../../drivers/block_virtio/test/pattern.h"

#define SECTORS (STORE_BYTES / 512u)
#define LATE_NS 30000000u
#define SIGNALS 20000u /* of FLOOD, as fast as it can */

enum command {
    NOTHING,
    WRONG,
    LATE,
    DUPLICATE,
    MISSING,
    MALFORMED,
    JUMP,
    GARBAGE,
    FLOOD,
    DEAF,
    LOST,
    ACCUSE
};

struct self {
    uint64_t random;
    bool is_deaf;
    bool is_holding; /* WRONG: a request waits for the next one */
    uint32_t held;
};

static void init(struct self *self)
{
    self->random = 0x9e3779b97f4a7c15ull + comp_pulse->generation;
}

/* ---- wrong ---- */

/* A completion that the glue would not make. */
static void forge(uint32_t status, uint64_t number, uint32_t words)
{
    struct ring_producer *to = &blk_queue_[0].server.completions;
    struct ring_space space;

    if (ring_reserve(to, status, 8 * words, &space) == TESS_OK) {
        for (uint32_t i = 0; i < words; i++) {
            ((uint64_t *)space.payload)[i] = i ? ~number : number;
        }
        ring_publish(to, &space);
    }
    (void)tess_signal(blk_queue_[0].at->wake);
}

static uint64_t number_of(uint32_t id)
{
    return blk_queue_[0].window[id % COMP_QUEUE_DEPTH].id;
}

static void scribble(struct self *self)
{
    const struct comp_queue_at *at = blk_queue_[0].at;

    for (uint32_t i = 0; i < 64; i++) {
        uint64_t random = tess_random(&self->random);
        volatile uint64_t *page = (volatile uint64_t *)(random & 1 ? at->completion : at->taken);

        page[(random >> 8) % 512] = tess_random(&self->random);
    }
    (void)tess_signal(at->wake);
}

static void jump(struct self *self)
{
    volatile uint64_t *head = (volatile uint64_t *)blk_queue_[0].at->completion;

    *head += tess_random(&self->random) % 0x10000 & ~7ull;
    (void)tess_signal(blk_queue_[0].at->wake);
}

/* Completes it with a record that the client takes for that of another one. */
static void lose(struct self *self, uint32_t id)
{
    struct ring_producer *to = &blk_queue_[0].server.completions;
    uint64_t head = to->head;

    blk_finish(self, id, TESS_OK);
    /* it begins there, if not at the start of the ring */
    if ((head & to->mask) + 64 <= to->mask) {
        *(volatile uint64_t *)(to->records + (head & to->mask) + sizeof(struct ring_header)) = 0;
    }
}

/* False: the request is not completed as it should be. */
static bool misbehave(struct self *self, uint32_t id)
{
    uint64_t how = command(self)->how;

    if (how == NOTHING || self->is_deaf) {
        return !self->is_deaf;
    }
    command(self)->how = NOTHING;
    command(self)->done++;
    switch (how) {
    case WRONG:
        self->is_holding = true;
        self->held = id;
        return false;
    case DEAF:
        self->is_deaf = true;
        return false;
    case LATE:
        while (comp_wait_signal(0, tess_deadline_ns(LATE_NS)) != TESS_TIMEOUT) {
        }
        return true;
    case DUPLICATE:
        forge(TESS_OK, number_of(id), 1);
        return true;
    case MALFORMED:
        forge(TESS_OK, number_of(id), 3);
        return false;
    case JUMP:
        jump(self);
        return true;
    case GARBAGE:
        scribble(self);
        return true;
    case FLOOD:
        for (uint32_t i = 0; i < SIGNALS; i++) {
            (void)tess_signal(blk_queue_[0].at->wake);
            (void)comp_poll(0);
        }
        return true;
    case LOST:
        lose(self, id);
        return false;
    case ACCUSE:
        for (uint32_t i = 0; i < 3; i++) {
            (void)comp_blame(blk_queue_[0].at->watch, TESS_PROTOCOL);
        }
        return true;
    default: /* MISSING */
        return false;
    }
}

/* ---- right ---- */

static enum tess_err finish(struct self *self, uint32_t id)
{
    if (!misbehave(self, id)) {
        return TESS_OK;
    }
    if (self->is_holding) { /* both are done, the one before with what is left in its buffer */
        self->is_holding = false;
        blk_finish(self, self->held, TESS_OK);
    }
    blk_finish(self, id, TESS_OK);
    return TESS_OK;
}

static bool is_there(uint64_t lba, uint32_t n)
{
    return lba <= SECTORS && n <= SECTORS - lba;
}

static enum tess_err blk_read_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                    void *buf)
{
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    if (command(self)->how != WRONG) { /* completed without having been done */
        memcpy(buf, (const void *)(store(self) + lba * 512), n * 512u);
    }
    return finish(self, id);
}

static enum tess_err blk_write_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                     const void *buf)
{
    if (!is_there(lba, n)) {
        return TESS_RANGE;
    }
    memcpy((void *)(store(self) + lba * 512), buf, n * 512u);
    return finish(self, id);
}

static enum tess_err blk_flush_begin(struct self *self, uint32_t id)
{
    blk_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t id)
{
    blk_capacity_finish(self, id, TESS_OK, SECTORS);
    return TESS_OK;
}
