/*
 * A disk that does not do what it says, in front of one that does.  Requests are passed on through a buffer of its own; on the way
 * something happens to some of them (faulty.idl).
 *
 *     client -> blk_read_begin -> pump -> submit -> disk -> disk_read_done -> settle -> client
 *
 * Nothing is kept: a new incarnation is given again what was not completed.
 */
#include <blockdrv/blockdrv.h>
#include <blockdrv/room.h>
#include <comp/sleep.h>
#include <tess/random.h>

#include "FaultyBlock.h"

#define SECTOR 512u
#define GHOST  BLK_DEPTH /* cookie of a write that is done a second time */
#define DONES  10u

#define WRITE_KINDS                                                                                \
    (FAULTY_KIND_LOST | FAULTY_KIND_SHORT | FAULTY_KIND_TORN | FAULTY_KIND_MISDIRECTED |           \
     FAULTY_KIND_CORRUPT | FAULTY_KIND_STALE)
#define CHANGED_KINDS                                                                              \
    (FAULTY_KIND_SHORT | FAULTY_KIND_TORN | FAULTY_KIND_MISDIRECTED | FAULTY_KIND_CORRUPT)
#define ALL_KINDS (FAULTY_KIND_LATE | FAULTY_KIND_NEVER | FAULTY_KIND_FAILED)

enum type { TYPE_READ, TYPE_WRITE, TYPE_FLUSH, TYPE_CAPACITY };

/* A request in hand, by its id. */
struct work {
    enum type type;
    uint32_t n;
    uint64_t lba;
    uint8_t *buf;
    uint32_t kind;   /* what happens to it; 0: nothing */
    uint32_t offset; /* of its room in the buffer of disk */
    uint32_t hole;   /* torn: sector that is left out */
    bool is_second;  /* torn: what is behind the hole is being written */
    bool is_late;
    uint64_t due; /* late: tick */
    enum tess_err err;
};

_Static_assert(DISK_BUFFER_BYTES >= 65536, "the largest request has room: queue 64KiB at least");

struct self {
    uint64_t random;
    uint64_t sectors; /* 0: not known yet */
    struct room room;
    struct blockdrv_waiting waiting;
    uint32_t next[BLK_DEPTH + 1];
    struct work work[BLK_DEPTH + 1];
    bool has_ghost, is_ghost_out;
    uint32_t behind_ghost; /* id of the write that is completed after the ghost */
};

/* ---- what happens ---- */

static uint64_t draw(struct self *self)
{
    return tess_random(&self->random) >> 16;
}

static void note(struct self *self, const struct work *w, uint32_t kind, uint64_t other)
{
    if (control_connected()) {
        volatile struct faulty_control *c = control(self);

        c->lba = w->lba;
        c->other = other;
        c->done[__builtin_ctz(kind)]++;
    }
}

/* Of these kinds one, by lot. */
static uint32_t one_of(struct self *self, uint32_t kinds)
{
    uint32_t left = kinds ? (uint32_t)(draw(self) % (uint32_t)__builtin_popcount(kinds)) : 0;

    while (left--) {
        kinds &= kinds - 1;
    }
    return kinds & -kinds;
}

/* What happens to this request; 0: nothing. */
static uint32_t choose(struct self *self, const struct work *w)
{
    uint32_t can = ALL_KINDS | (w->type == TYPE_WRITE  ? WRITE_KINDS
                                : w->type == TYPE_READ ? FAULTY_KIND_CORRUPT_READ
                                                       : 0);
    uint32_t kinds = KINDS, one_in = ONE_IN;

    if (w->type == TYPE_CAPACITY || (w->type != TYPE_FLUSH && w->n == 0)) {
        return 0;
    }
    if (self->has_ghost || w->n * 3 > self->sectors) {
        can &= ~(uint32_t)(FAULTY_KIND_STALE | FAULTY_KIND_MISDIRECTED);
    }
    if (control_connected()) {
        volatile struct faulty_control *c = control(self);
        uint32_t wanted = c->next & can & ((1u << DONES) - 1);

        if (wanted) {
            c->next = 0;
            return wanted & -wanted;
        }
        kinds = c->kinds;
        one_in = c->one_in;
    }
    return one_in && draw(self) % one_in == 0 ? one_of(self, kinds & can & ((1u << DONES) - 1)) : 0;
}

static void flip(struct self *self, uint8_t *data, uint32_t n)
{
    uint64_t bit = draw(self) % (n * SECTOR * 8ull);

    data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Another place for as many sectors. */
static uint64_t elsewhere(struct self *self, const struct work *w)
{
    uint64_t at;

    do {
        at = draw(self) % (self->sectors - w->n + 1);
    } while (at < w->lba + w->n && w->lba < at + w->n);
    return at;
}

/* ---- completion ---- */

static void give_room(struct self *self, struct work *w)
{
    if (w->n) {
        room_give(&self->room, w->n * SECTOR, w->offset);
    }
}

/* What the client hears, and when. */
static void settle(struct self *self, uint32_t id, enum tess_err err)
{
    struct work *w = &self->work[id];

    if (w->kind == FAULTY_KIND_NEVER) {
        return;
    }
    if (w->kind == FAULTY_KIND_LATE && !w->is_late) {
        w->is_late = true;
        w->due = tess_deadline_ns(LATE_US * 1000ull);
        w->err = err;
        return;
    }
    blk_finish(self, id, err);
}

/* ---- to the disk ---- */

static enum tess_err write_ghost(struct self *self)
{
    const struct work *g = &self->work[GHOST];

    return disk_write_start(self, GHOST, g->lba, g->n, g->offset);
}

/* A write that is done otherwise. */
static enum tess_err write_changed(struct self *self, uint32_t id, struct work *w)
{
    uint64_t lba = w->lba;
    uint32_t n = w->n;
    enum tess_err err;

    switch (w->kind) {
    case FAULTY_KIND_SHORT:
        n /= 2;
        break;
    case FAULTY_KIND_TORN:
        n = w->hole = (uint32_t)(draw(self) % n);
        break;
    case FAULTY_KIND_MISDIRECTED:
        lba = elsewhere(self, w);
        break;
    case FAULTY_KIND_CORRUPT:
        flip(self, disk_buffer(self) + w->offset, n);
        break;
    }
    err = disk_write_start(self, id, lba, n, w->offset);
    if (err == TESS_OK) {
        note(self, w, w->kind, lba);
    }
    return err;
}

/* AGAIN: not now. */
static enum tess_err submit(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    switch (w->type) {
    case TYPE_READ:
        return disk_read_start(self, id, w->lba, w->n, w->offset);
    case TYPE_FLUSH:
        return disk_flush_start(self, id);
    case TYPE_CAPACITY:
        return disk_capacity_start(self, id);
    case TYPE_WRITE:
        break;
    }
    memcpy(disk_buffer(self) + w->offset, w->buf, w->n * SECTOR);
    return w->kind & CHANGED_KINDS ? write_changed(self, id, w)
                                   : disk_write_start(self, id, w->lba, w->n, w->offset);
}

/* It does not get to the disk.  True: it does. */
static bool is_for_disk(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];

    if (w->kind == FAULTY_KIND_LOST || w->kind == FAULTY_KIND_FAILED) {
        note(self, w, w->kind, w->lba);
        blk_finish(self, id, w->kind == FAULTY_KIND_LOST ? TESS_OK : (enum tess_err)BLOCK_ERROR_IO);
        return false;
    }
    return true;
}

static void pump(struct self *self)
{
    while (self->waiting.first != BLOCKDRV_NONE) {
        uint32_t id = self->waiting.first;
        struct work *w = &self->work[id];
        enum tess_err err;

        if (w->n && !room_take(&self->room, w->n * SECTOR, &w->offset)) {
            return;
        }
        err = submit(self, id);
        if (err == TESS_AGAIN) {
            give_room(self, w);
            return;
        }
        blockdrv_go(&self->waiting);
        if (err != TESS_OK) {
            give_room(self, w);
            settle(self, id, err);
        }
    }
}

static enum tess_err begin(struct self *self, uint32_t id, struct work w)
{
    w.kind = choose(self, &w);
    self->work[id] = w;
    if (is_for_disk(self, id)) {
        if (w.kind & (ALL_KINDS | FAULTY_KIND_CORRUPT_READ | FAULTY_KIND_STALE)) {
            note(self, &w, w.kind, w.lba);
        }
        blockdrv_wait(&self->waiting, id);
        pump(self);
    }
    return TESS_OK;
}

static enum tess_err blk_read_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                    void *buf)
{
    return begin(self, id, (struct work){ .type = TYPE_READ, .n = n, .lba = lba, .buf = buf });
}

static enum tess_err blk_write_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                     const void *buf)
{
    return begin(self, id,
                 (struct work){ .type = TYPE_WRITE, .n = n, .lba = lba, .buf = (uint8_t *)buf });
}

static enum tess_err blk_flush_begin(struct self *self, uint32_t id)
{
    return begin(self, id, (struct work){ .type = TYPE_FLUSH });
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t id)
{
    return begin(self, id, (struct work){ .type = TYPE_CAPACITY });
}

/* ---- from the disk ---- */

static void disk_read_done(struct self *self, uint64_t id, enum tess_err err)
{
    struct work *w = &self->work[id];

    if (err == TESS_OK) {
        memcpy(w->buf, disk_buffer(self) + w->offset, w->n * SECTOR);
        if (w->kind == FAULTY_KIND_CORRUPT_READ) {
            flip(self, w->buf, w->n);
        }
    }
    give_room(self, w);
    settle(self, (uint32_t)id, err);
    pump(self);
}

/* The rest of a torn write.  False: there is none. */
static bool write_rest(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    if (w->kind != FAULTY_KIND_TORN || w->is_second || w->hole + 1 >= w->n) {
        return false;
    }
    w->is_second = true;
    return disk_write_start(self, id, w->lba + w->hole + 1, w->n - w->hole - 1,
                            w->offset + (w->hole + 1) * SECTOR) == TESS_OK;
}

/* A write to be done again keeps its room; the next write is completed behind it. */
static bool wake_ghost(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    if (w->kind == FAULTY_KIND_STALE && !self->has_ghost) {
        self->work[GHOST] = *w;
        self->has_ghost = true;
        blk_finish(self, id, TESS_OK);
        return true;
    }
    if (!self->has_ghost || self->is_ghost_out || write_ghost(self) != TESS_OK) {
        return false;
    }
    give_room(self, w);
    self->is_ghost_out = true;
    self->behind_ghost = id;
    return true;
}

static void disk_write_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    uint32_t id = (uint32_t)cookie;

    if (id == GHOST) {
        self->has_ghost = self->is_ghost_out = false;
        give_room(self, &self->work[GHOST]);
        settle(self, self->behind_ghost, TESS_OK);
    } else if (err == TESS_OK && (write_rest(self, id) || wake_ghost(self, id))) {
        return;
    } else {
        give_room(self, &self->work[id]);
        settle(self, id, err);
    }
    pump(self);
}

static void disk_flush_done(struct self *self, uint64_t id, enum tess_err err)
{
    settle(self, (uint32_t)id, err);
    pump(self);
}

/* What the disk says to the client, it says to this component as well. */
static void disk_capacity_done(struct self *self, uint64_t id, enum tess_err err, uint64_t sectors)
{
    self->sectors = err == TESS_OK ? sectors : self->sectors;
    if (id != GHOST) {
        blk_capacity_finish(self, (uint32_t)id, err, sectors);
    }
    pump(self);
}

/* ---- start ---- */

static void init(struct self *self)
{
    self->random = SEED + comp_pulse->generation * 1000003ull;
    room_init(&self->room, DISK_BUFFER_BYTES);
    blockdrv_waiting_init(&self->waiting, self->next);
    (void)disk_capacity_start(self, GHOST);
    if (control_connected()) {
        control(self)->starts++;
    }
}

/* Completes what is late. */
static int run(struct self *self)
{
    while (control_connected() || KINDS & FAULTY_KIND_LATE) {
        comp_sleep_until(tess_deadline_ns(LATE_US * 500ull));
        for (uint32_t id = 0; id < BLK_DEPTH; id++) {
            struct work *w = &self->work[id];

            if (w->is_late && w->due <= tess_now()) {
                w->is_late = false;
                blk_finish(self, id, w->err);
            }
        }
    }
    return 0;
}
