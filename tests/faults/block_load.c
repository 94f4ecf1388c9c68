/*
 * Reads and writes blocks at random, sixteen at once, and knows what each must hold.  Between two blocks in use lies one that is written
 * once and must stay as it is.  When the agent orders it, all is read and compared.
 */
#include <comp/sleep.h>

#include "FaultBlockLoad.h"
#include "../../drivers/block_virtio/test/pattern.h"

#define BLOCK      8u /* sectors */
#define BLOCK_ROOM (BLOCK * 512u)
#define BLOCKS     48u /* the odd ones are guards */
#define PARTS      (DISK_BUFFER_BYTES / BLOCK_ROOM)
#define GUARD      0xfffffu /* their version */
#define UNKNOWN    0u

enum phase {
    FILLING, /* all blocks are written once */
    WORKING,
    DRAINING,  /* nothing new is begun */
    VERIFYING, /* all blocks are read once */
};

struct self {
    uint64_t random;
    uint32_t phase, next; /* block to fill or verify */
    uint32_t outstanding, versions;
    uint32_t version[BLOCKS];
    bool is_busy[BLOCKS],
        is_bad[BLOCKS]; /* bad: an error was found there, it is to be written anew */
    uint32_t block[PARTS];
    bool is_write[PARTS], is_free[PARTS];
};

static uint8_t *part(struct self *self, uint64_t i)
{
    return disk_buffer(self) + i * BLOCK_ROOM;
}

static enum tess_err begin(struct self *self, uint64_t i)
{
    uint32_t block = self->block[i];
    uint64_t lba = (uint64_t)block * BLOCK;

    return self->is_write[i] ? disk_write_start(self, i, lba, BLOCK, i * BLOCK_ROOM)
                             : disk_read_start(self, i, lba, BLOCK, i * BLOCK_ROOM);
}

/* A block that is to be written anew; BLOCKS: there is none. */
static uint32_t find_bad(struct self *self)
{
    uint32_t block = 0;

    while (block < BLOCKS && (!self->is_bad[block] || self->is_busy[block])) {
        block++;
    }
    return block;
}

/* Which block is next; false: none is. */
static bool choose(struct self *self, uint64_t i)
{
    uint64_t random = tess_random(&self->random);
    uint32_t block = (uint32_t)random % (BLOCKS / 2) * 2, bad = find_bad(self);

    switch (self->phase) {
    case WORKING:
        while (self->is_busy[block]) {
            block = (block + 2) % BLOCKS;
        }
        self->is_write[i] = random >> 63;
        if (bad < BLOCKS) {
            block = bad;
            self->is_write[i] = true;
        }
        break;
    case DRAINING:
        return false;
    default:
        if (self->next == BLOCKS) {
            return false;
        }
        block = self->next++;
        self->is_write[i] = self->phase == FILLING;
    }
    self->block[i] = block;
    return true;
}

static void next(struct self *self, uint64_t i)
{
    uint32_t version;

    self->is_free[i] = true;
    if (!choose(self, i)) {
        return;
    }
    uint32_t block = self->block[i];

    version = self->version[block];
    if (self->is_write[i]) {
        self->version[block] = block % 2 ? GUARD : ++self->versions % GUARD + 1;
        pattern_fill(part(self, i), (uint64_t)block * BLOCK, BLOCK, self->version[block]);
    }
    if (begin(self, i) == TESS_OK) {
        self->is_busy[block] = true;
        self->is_free[i] = false;
        self->outstanding++;
        return;
    }
    self->version[block] = version; /* no room now: run() tries again */
    self->next -= self->phase == FILLING || self->phase == VERIFYING;
}

/* A whole block of another version of itself is an old one. */
static void judge(struct self *self, uint64_t i)
{
    uint32_t block = self->block[i];
    uint64_t lba = (uint64_t)block * BLOCK, first = *(const uint64_t *)part(self, i);
    /* the inverse of what pattern() multiplies with, modulo 2^64 */
    uint64_t found = (first * 0xf1de83e19937733dull - (lba << 40)) >> 8;

    if (self->version[block] == UNKNOWN ||
        pattern_is(part(self, i), lba, BLOCK, self->version[block])) {
        return;
    }
    if (found < self->version[block] && pattern_is(part(self, i), lba, BLOCK, found)) {
        report(self)->stale++;
    } else {
        report(self)->wrong++;
    }
    self->version[block] = UNKNOWN;
}

static void done(struct self *self, uint64_t i, enum tess_err err)
{
    volatile struct load_report *r = report(self);

    r->at[r->completed % 1024] = tess_now();
    r->completed++;
    if (err) {
        r->failed++;
        r->error = err;
    }
    if (!self->is_write[i] && !err) {
        judge(self, i);
    }
    if (err) {
        self->version[self->block[i]] = UNKNOWN;
    }
    self->is_bad[self->block[i]] = err != TESS_OK;
    self->is_busy[self->block[i]] = false;
    self->outstanding--;
    if (self->phase == WORKING && r->orders != r->verified) {
        self->phase = DRAINING; /* run() may not come to it: there is always something to do */
    }
    next(self, i);
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    done(self, i, err);
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    done(self, i, err);
}

static void disk_flush_done(struct self *self, uint64_t i, enum tess_err err)
{
    (void)self;
    (void)i;
    (void)err;
}

static void disk_capacity_done(struct self *self, uint64_t i, enum tess_err err, uint64_t sectors)
{
    (void)self;
    (void)i;
    (void)err;
    (void)sectors;
}

/* From phase to phase when nothing is outstanding. */
static void proceed(struct self *self)
{
    volatile struct load_report *r = report(self);

    if (self->phase == WORKING && r->orders != r->verified) {
        self->phase = DRAINING;
    }
    if (self->outstanding) {
        return;
    }
    if (self->phase == DRAINING) {
        self->phase = VERIFYING;
        self->next = 0;
    } else if (self->phase == VERIFYING && self->next == BLOCKS) {
        self->phase = WORKING;
        r->verified = r->orders;
    } else if (self->phase == FILLING && self->next == BLOCKS) {
        self->phase = WORKING;
    }
}

static int run(struct self *self)
{
    self->random = 1;
    for (uint64_t i = 0; i < PARTS; i++) {
        self->is_free[i] = true;
    }
    for (;;) {
        proceed(self);
        for (uint64_t i = 0; i < PARTS; i++) {
            if (self->is_free[i]) {
                next(self, i);
            }
        }
        comp_sleep_until(tess_deadline_ns(2000000));
    }
    return 0;
}
