/*
 * One disk out of two.
 *
 *     client -> blk_write_begin -> line -> note the chunks -> both disks -> write_over -> note what one lacks -> client
 *                                     \--> read, of the one that is less busy -> read_over -> client
 *
 * What is noted is label.h's subject; copy.c gives a disk what it lacks; join.c lets disks in, and looks after them. A disk that gives an error, or is silent while the
 * other is not, is left behind if the other is whole: what it is asked then is nobody's, and it comes in again through its label. So at each moment a
 * disk is in, and if only one is, it is whole. A read that is CORRUPT, on a checksummed connection, or cannot be done, is done by the other disk, and the chunk is given back.
 *
 * Nothing is kept: a new incarnation reads the labels, and the glue gives again what was not completed.
 */
#include "self.h"

/* ---- what a disk is asked ---- */

static enum tess_err start(struct self *self, uint32_t d, const struct order *o, uint64_t cookie)
{
    switch (o->kind) {
    case READ:
    case COPY_READ:
        return disk_read_start(self, d, cookie, o->lba, o->n, o->offset);
    case WRITE:
    case LABEL:
    case COPY_WRITE:
        return disk_write_start(self, d, cookie, o->lba, o->n, o->offset);
    case FLUSH:
    case LABEL_FLUSH:
    case COPY_FLUSH:
    case CLEAN:
        return disk_flush_start(self, d, cookie);
    default:
        return o->n ? disk_read_start(self, d, cookie, o->lba, o->n, o->offset)
                    : disk_capacity_start(self, d, cookie);
    }
}

/* False: not now.  data: of a write. */
static bool order(struct self *self, uint32_t d, enum kind kind, uint32_t id, uint64_t lba,
                  uint32_t n, const void *data)
{
    struct disk *k = &self->disk[d];
    struct order o = { kind, id, n, 0, lba };
    uint32_t i = 0;

    while (i < DISK_DEPTH && k->order[i].kind != FREE) {
        i++;
    }
    if (i == DISK_DEPTH || (n && !room_take(&k->room, n * SECTOR, &o.offset))) {
        return false;
    }
    if (data) {
        memcpy(disk_buffer(self, d) + o.offset, data, n * SECTOR);
    }
    if (start(self, d, &o, i) != TESS_OK) {
        if (n) {
            room_give(&k->room, n * SECTOR, o.offset);
        }
        return false;
    }
    k->order[i] = o;
    if (k->orders++ == 0) {
        k->since = tess_now();
    }
    return true;
}

/* ---- the label ---- */

/* The number of the label that has all that is noted now. */
static uint64_t noted(const struct self *self)
{
    return self->label.number + self->is_changed;
}

/* The bits of the disks that take part. */
static uint32_t in(const struct self *self)
{
    return self->disk[0].is_in | (uint32_t)self->disk[1].is_in << 1;
}

static void finish(struct self *self, uint32_t id, enum tess_err err)
{
    self->work[id].phase = PHASE_NONE;
    blk_finish(self, id, err);
}

/* Nothing can be noted now, so nothing that must be can be done. */
static void fail_noting(struct self *self)
{
    for (uint32_t id = 0; id < BLK_DEPTH; id++) {
        if (self->work[id].phase == PHASE_NOTE || self->work[id].phase == PHASE_LOSS) {
            finish(self, id, BLOCK_ERROR_IO);
        }
    }
}

static void label_over(struct self *self)
{
    bool is_open = (self->label_ask | self->label_flush) != 0;

    for (uint32_t d = 0; d < 2; d++) {
        for (uint32_t i = 0; i < DISK_DEPTH; i++) {
            const struct order *o = &self->disk[d].order[i];

            is_open |= (o->kind == LABEL || o->kind == LABEL_FLUSH) && o->id != NOBODY;
        }
    }
    if (is_open || !self->is_writing) {
        return;
    }
    self->is_writing = false;
    if (self->is_saved) {
        self->written = self->label.number;
    } else {
        self->is_changed = true;
        self->label_rest = tess_deadline_ns(AGAIN_MS * MS);
        fail_noting(self);
    }
}

static bool must_note(const struct self *self)
{
    return self->is_changed && !self->is_writing && tess_now() >= self->label_rest;
}

/* The same number with a later map is as good: who needs what is new waits for the next number. */
static void pump_label(struct self *self)
{
    if (must_note(self)) {
        self->label.number++;
        self->is_changed = false;
        self->is_writing = true;
        self->is_saved = false;
        self->label_ask = in(self);
    }
    for (uint32_t d = 0; d < 2; d++) {
        if (self->label_ask >> d & 1) {
            label_seal(&self->label, d);
            if (order(self, d, LABEL, 0, label_place(self->disk[d].sectors, self->label.number),
                      LABEL_BYTES / SECTOR, &self->label)) {
                self->label_ask &= ~(1u << d);
            }
        }
        if (self->label_flush >> d & 1 && order(self, d, LABEL_FLUSH, 0, 0, 0, NULL)) {
            self->label_flush &= ~(1u << d);
        }
    }
}

/* ---- requests ---- */

static bool overlaps(const struct work *a, const struct work *b)
{
    return a->lba < b->lba + b->n && b->lba < a->lba + a->n;
}

/* Two writes of the same sectors, one after the other on both disks; and none into what is being copied. */
static bool must_wait(const struct self *self, const struct work *w)
{
    const struct copy *c = &self->copy;

    if (c->is_on && first_chunk(self, w) <= c->chunk && c->chunk <= last_chunk(self, w)) {
        return true;
    }
    for (uint32_t id = 0; id < BLK_DEPTH; id++) {
        const struct work *v = &self->work[id];

        if (v->type == TYPE_WRITE && v->phase > PHASE_LINE && overlaps(v, w)) {
            return true;
        }
    }
    return false;
}

/* Note where the disks will differ. */
static void note_write(struct self *self, struct work *w)
{
    for (uint64_t i = first_chunk(self, w); i <= last_chunk(self, w); i++) {
        enum chunk is = label_chunk(&self->label, (uint32_t)i);

        if (!self->disk[0].is_in || !self->disk[1].is_in) {
            set_chunk(self, i, lacks(self->disk[0].is_in));
        } else if (is == CHUNK_SAME) {
            set_chunk(self, i, CHUNK_WRITTEN);
        }
    }
    w->need = noted(self);
    self->is_dirty = true;
}

/* To both disks, also to one that lacks the rest of a chunk: it is given that later, and this with it. */
static void pump_write(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    for (uint32_t d = 0; d < 2; d++) {
        if (w->ask >> d & 1 && order(self, d, w->type == TYPE_WRITE ? WRITE : FLUSH, id, w->lba,
                                     w->n, w->type == TYPE_WRITE ? w->buf : NULL)) {
            w->ask &= ~(1u << d);
            w->wait |= 1u << d;
        }
    }
}

/* OK if each chunk was written on a disk that has the rest of it; what the other one has not, is noted. */
static enum tess_err judge_write(struct self *self, struct work *w)
{
    enum tess_err err = TESS_OK;

    for (uint64_t i = first_chunk(self, w); i <= last_chunk(self, w); i++) {
        enum chunk is = label_chunk(&self->label, (uint32_t)i);
        uint32_t owners = is == CHUNK_LACKS_0 ? 2 : is == CHUNK_LACKS_1 ? 1 : 3;

        if ((w->had & owners) == 0) {
            err = w->err ? w->err : (enum tess_err)BLOCK_ERROR_IO;
            unsettle(self, i);
        } else if (w->had != 3 && owners == 3) {
            set_chunk(self, i, lacks(w->had == 1));
        }
    }
    return err;
}

/* What was written to a disk that does not flush may be lost. */
static enum tess_err judge_flush(struct self *self, const struct work *w)
{
    for (uint64_t i = 0; w->had && w->had != 3 && i < label_chunks(&self->label); i++) {
        if (label_chunk(&self->label, (uint32_t)i) == CHUNK_WRITTEN) {
            set_chunk(self, i, lacks(w->had == 1));
        }
    }
    return w->had ? TESS_OK : w->err ? w->err : (enum tess_err)BLOCK_ERROR_IO;
}

/* All disks have said what came of it. */
static void judge(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    if (w->ask || w->wait) {
        return;
    }
    w->err = w->type == TYPE_WRITE ? judge_write(self, w) : judge_flush(self, w);
    w->need = noted(self);
    w->phase = PHASE_LOSS;
}

/* The disk that shall read n sectors from lba on; 2: none can. */
static uint32_t reader(const struct self *self, const struct work *w, uint64_t lba, uint32_t n)
{
    uint32_t can = in(self) & ~w->tried;
    bool is_unsettled = false;

    for (uint64_t i = lba >> self->label.chunk; i <= (lba + n - 1) >> self->label.chunk; i++) {
        enum chunk is = label_chunk(&self->label, (uint32_t)i);

        can &= is == CHUNK_LACKS_0 ? ~1u : is == CHUNK_LACKS_1 ? ~2u : ~0u;
        is_unsettled |= self->is_unsettled[i];
    }
    if (can != 3) {
        return can ? can - 1 : 2;
    }
    return !is_unsettled && self->disk[1].orders < self->disk[0].orders;
}

/* The next part of a read: all that is left, if one disk has it, else the rest of a chunk. */
static void pump_read(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];
    uint64_t lba = w->lba + w->done, end = ((lba >> self->label.chunk) + 1) << self->label.chunk;
    uint32_t n = w->n - w->done, d = reader(self, w, lba, n);

    if (w->wait) {
        return;
    }
    if (d == 2 && end < w->lba + w->n) {
        n = (uint32_t)(end - lba);
        d = reader(self, w, lba, n);
    }
    if (d == 2) {
        finish(self, id, w->err ? w->err : (enum tess_err)BLOCK_ERROR_IO);
    } else if (order(self, d, READ, id, lba, n, NULL)) {
        w->wait = 1u << d;
    }
}

/* One step of a request; true: it can be followed by the next. */
static bool begin(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    if (in(self) == 0) {
        finish(self, id, BLOCK_ERROR_IO);
        return true;
    }
    if (w->type == TYPE_CAPACITY) {
        w->phase = PHASE_NONE;
        blk_capacity_finish(self, id, TESS_OK, self->label.sectors);
        return true;
    }
    if (!blockdrv_is_there(self->label.sectors, w->lba, w->n)) {
        finish(self, id, TESS_RANGE);
        return true;
    }
    if (w->n == 0 && w->type != TYPE_FLUSH) {
        finish(self, id, TESS_OK);
        return true;
    }
    if (w->type == TYPE_WRITE) {
        if (must_wait(self, w)) {
            return false;
        }
        note_write(self, w);
    }
    w->phase = w->type == TYPE_WRITE ? PHASE_NOTE : PHASE_DISKS;
    w->ask = w->type == TYPE_FLUSH ? in(self) : 0;
    return true;
}

static void proceed(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];

    if (w->phase == PHASE_NOTE && w->need <= self->written) {
        w->phase = PHASE_DISKS;
        w->ask = in(self);
    }
    if (w->phase == PHASE_DISKS) {
        if (w->type == TYPE_READ) {
            pump_read(self, id);
        } else {
            pump_write(self, id);
            judge(self, id);
        }
    }
    if (w->phase == PHASE_LOSS && w->need <= self->written) {
        finish(self, id, w->err);
    }
}

static void pump(struct self *self)
{
    if (!self->is_ready || self->is_pumping) {
        return;
    }
    self->is_pumping = true;
    do {
        self->is_again = false;
        while (self->line.first != BLOCKDRV_NONE) {
            uint32_t id = self->line.first;

            if (!begin(self, id)) {
                break;
            }
            blockdrv_go(&self->line);
        }
        pump_label(self);
        for (uint32_t id = 0; id < BLK_DEPTH; id++) {
            proceed(self, id);
        }
        pump_copy(self);
    } while (self->is_again || must_note(self));
    self->is_pumping = false;
}

static enum tess_err wait(struct self *self, uint32_t id, struct work w)
{
    w.phase = PHASE_LINE;
    self->work[id] = w;
    blockdrv_wait(&self->line, id);
    self->is_again = true;
    pump(self);
    return TESS_OK;
}

static enum tess_err blk_read_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                    void *buf)
{
    return wait(self, id, (struct work){ .type = TYPE_READ, .n = n, .lba = lba, .buf = buf });
}

static enum tess_err blk_write_begin(struct self *self, uint32_t id, uint64_t lba, uint32_t n,
                                     const void *buf)
{
    return wait(self, id,
                (struct work){ .type = TYPE_WRITE, .n = n, .lba = lba, .buf = (uint8_t *)buf });
}

static enum tess_err blk_flush_begin(struct self *self, uint32_t id)
{
    return wait(self, id, (struct work){ .type = TYPE_FLUSH });
}

static enum tess_err blk_capacity_begin(struct self *self, uint32_t id)
{
    return wait(self, id, (struct work){ .type = TYPE_CAPACITY });
}

/* ---- from the disks ---- */

static void read_over(struct self *self, uint32_t d, const struct order *o, enum tess_err err)
{
    struct work *w = &self->work[o->id];

    w->wait = 0;
    if (!err) {
        memcpy(w->buf + w->done * SECTOR, disk_buffer(self, d) + o->offset, o->n * SECTOR);
        w->done += o->n;
        self->healed += w->tried != 0;
        w->tried = 0;
        if (w->done == w->n) {
            finish(self, o->id, TESS_OK);
        }
        return;
    }
    w->tried |= 1u << d;
    w->err = err;
    if (err != TESS_GONE && reader(self, w, o->lba, o->n) < 2) {
        for (uint64_t i = o->lba >> self->label.chunk;
             i <= (o->lba + o->n - 1) >> self->label.chunk; i++) {
            set_chunk(self, i, lacks(d));
        }
    }
}

static void write_over(struct self *self, uint32_t d, const struct order *o, enum tess_err err)
{
    struct work *w = &self->work[o->id];

    w->wait &= ~(1u << d);
    if (err) {
        w->err = err;
    } else {
        w->had |= 1u << d;
    }
    if (w->type == TYPE_WRITE) {
        self->last_write = tess_now();
        self->is_dirty = true;
    }
}

/* Both disks have flushed, and nothing was written meanwhile: they are the same. */
static void clean_over(struct self *self, uint32_t d, enum tess_err err)
{
    self->cleaning &= ~(1u << d);
    self->is_dirty |= err != TESS_OK;
    for (uint64_t i = 0; !self->cleaning && !self->is_dirty && i < label_chunks(&self->label);
         i++) {
        if (label_chunk(&self->label, (uint32_t)i) == CHUNK_WRITTEN && !self->is_unsettled[i]) {
            set_chunk(self, i, CHUNK_SAME);
        }
    }
}

/* What came of an order.  GONE: the disk is left behind, and nobody waits for it any more. */
static void over(struct self *self, uint32_t d, const struct order *o, enum tess_err err)
{
    switch (o->kind) {
    case READ:
        read_over(self, d, o, err);
        break;
    case WRITE:
    case FLUSH:
        write_over(self, d, o, err);
        break;
    case LABEL:
        self->label_flush |= (uint32_t)(err == TESS_OK) << d;
        break;
    case LABEL_FLUSH:
        self->is_saved |= err == TESS_OK;
        break;
    case COPY_READ:
    case COPY_WRITE:
    case COPY_FLUSH:
        copy_over(self, o, disk_buffer(self, d) + o->offset, err);
        break;
    case CLEAN:
        clean_over(self, d, err);
        break;
    default:
        break;
    }
}

/* The other disk is in, and has all: this one can be done without. */
static bool is_dispensable(const struct self *self, uint32_t d)
{
    return self->disk[d].is_in && self->disk[!d].is_in && is_whole(self, !d);
}

static void leave(struct self *self, uint32_t d, const char *why)
{
    struct disk *k = &self->disk[d];

    k->is_in = false;
    k->again = tess_deadline_ns(AGAIN_MS * MS);
    self->left[d]++;
    self->copy.is_on = false;
    printf("%s: disk %u %s; going on with disk %u\n", SELF_PATH, (unsigned)d, why, (unsigned)!d);
    for (uint64_t i = 0; i < label_chunks(&self->label); i++) {
        if (label_chunk(&self->label, (uint32_t)i) == CHUNK_WRITTEN) {
            set_chunk(self, i, lacks(d)); /* it may have lost what it did not flush */
        }
    }
    for (uint32_t i = 0; i < DISK_DEPTH; i++) {
        struct order o = k->order[i];

        if (o.kind != FREE && o.id != NOBODY && o.kind != ASK) {
            k->order[i].id = NOBODY;
            over(self, d, &o, TESS_GONE);
        }
    }
    for (uint32_t id = 0; id < BLK_DEPTH; id++) {
        self->work[id].ask &= ~(1u << d);
    }
    self->label_ask &= ~(1u << d);
    self->label_flush &= ~(1u << d);
    label_over(self);
    self->is_again = true;
}

static void done(struct self *self, uint32_t d, uint64_t cookie, enum tess_err err)
{
    struct disk *k = &self->disk[d];
    struct order o = k->order[cookie];

    k->order[cookie].kind = FREE;
    k->orders--;
    k->since = tess_now();
    if (o.kind == ASK && o.id == k->asked) {
        k->is_answered = true;
        k->err = err;
        if (!err && o.n) {
            memcpy(&k->label, disk_buffer(self, d) + o.offset, sizeof k->label);
        }
    } else if (o.kind != ASK && o.id != NOBODY) {
        over(self, d, &o, err);
        if (err && err != TESS_CORRUPT && err != TESS_RANGE && is_dispensable(self, d)) {
            leave(self, d, "gives errors");
        }
    }
    if (o.n) {
        room_give(&k->room, o.n * SECTOR, o.offset);
    }
    label_over(self);
    self->is_again = true;
    pump(self);
}

static void disk_read_done(struct self *self, uint32_t d, uint64_t cookie, enum tess_err err)
{
    done(self, d, cookie, err);
}

static void disk_write_done(struct self *self, uint32_t d, uint64_t cookie, enum tess_err err)
{
    done(self, d, cookie, err);
}

static void disk_flush_done(struct self *self, uint32_t d, uint64_t cookie, enum tess_err err)
{
    done(self, d, cookie, err);
}

static void disk_capacity_done(struct self *self, uint32_t d, uint64_t cookie, enum tess_err err,
                               uint64_t sectors)
{
    self->disk[d].sectors = err ? 0 : sectors;
    done(self, d, cookie, err);
}
