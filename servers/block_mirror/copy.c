/*
 * A disk is given what it lacks, a chunk at a time; writes to that chunk wait.
 *
 *                         +----more----+
 *                         v            |          end of the chunk
 *     idle --chunk--> COPY_READ --> COPY_WRITE ---------------------> COPY_FLUSH --> the chunk is WRITTEN
 *       ^                 |error       |error                            |error              |
 *       +-----------------+------------+---------------------------------+-------------------+
 *
 * Before the flush the chunk is as it was: what is copied may be lost again (verify/model/mirror.pml).
 */
#include "self.h"

#define REST_MS 1000u

/* Which disk is to be given this chunk; 2: none, or not now. */
static uint32_t lacking(const struct self *self, uint64_t chunk)
{
    switch (label_chunk(&self->label, (uint32_t)chunk)) {
    case CHUNK_LACKS_0:
        return 0;
    case CHUNK_LACKS_1:
        return 1;
    case CHUNK_WRITTEN: /* what disk 0 has will do */
        return self->is_unsettled[chunk] ? 1 : 2;
    default:
        return 2;
    }
}

static bool is_written_to(const struct self *self, uint64_t chunk)
{
    for (uint32_t id = 0; id < BLK_DEPTH; id++) {
        const struct work *w = &self->work[id];

        if (w->type == TYPE_WRITE && w->phase > PHASE_LINE && first_chunk(self, w) <= chunk &&
            chunk <= last_chunk(self, w)) {
            return true;
        }
    }
    return false;
}

static void copy_chunk(struct self *self, uint64_t chunk, uint32_t to)
{
    uint64_t end = (chunk + 1) << self->label.chunk;

    self->copy.is_on = true;
    self->copy.is_out = false;
    self->copy.step = COPY_READ;
    self->copy.serial = (self->copy.serial + 1) % NOBODY;
    self->copy.chunk = (uint32_t)chunk;
    self->copy.to = to;
    self->copy.lba = chunk << self->label.chunk;
    self->copy.end = end < self->label.sectors ? end : self->label.sectors;
}

/* The next chunk that can be copied. */
static bool find_chunk(struct self *self)
{
    uint64_t chunks = label_chunks(&self->label);

    if (!self->disk[0].is_in || !self->disk[1].is_in || tess_now() < self->copy.rest ||
        (is_whole(self, 0) && is_whole(self, 1) && !self->unsettled)) {
        return false;
    }
    for (uint64_t i = 0; i < chunks; i++) {
        uint64_t chunk = (self->next_copy + i) % chunks;
        uint32_t to = lacking(self, chunk);

        if (to < 2 && !is_written_to(self, chunk)) {
            self->next_copy = chunk + 1;
            copy_chunk(self, chunk, to);
            return true;
        }
    }
    return false;
}

static void end_chunk(struct self *self)
{
    self->copy.is_on = false;
    if (self->is_unsettled[self->copy.chunk]) {
        self->is_unsettled[self->copy.chunk] = false;
        self->unsettled--;
    }
    set_chunk(self, self->copy.chunk, CHUNK_WRITTEN); /* not the same before a flush */
    self->last_write = tess_now();
    self->is_dirty = true;
}

static void pump_copy(struct self *self)
{
    struct copy *c = &self->copy;

    if ((!c->is_on && !find_chunk(self)) || c->is_out) {
        return;
    }
    switch (c->step) {
    case COPY_READ:
        c->n = c->end - c->lba < PIECE ? (uint32_t)(c->end - c->lba) : PIECE;
        c->is_out = order(self, !c->to, COPY_READ, c->serial, c->lba, c->n, NULL);
        break;
    case COPY_WRITE:
        c->is_out = order(self, c->to, COPY_WRITE, c->serial, c->lba, c->n, c->piece);
        break;
    default:
        c->is_out = order(self, c->to, COPY_FLUSH, c->serial, 0, 0, NULL);
    }
}

/* Nothing more can be copied for a while. */
static void give_up(struct self *self)
{
    self->copy.is_on = false;
    self->copy.rest = tess_deadline_ns(REST_MS * MS);
}

static void was_read(struct self *self, const void *data, enum tess_err err)
{
    struct copy *c = &self->copy;

    if (!err) {
        memcpy(c->piece, data, c->n * SECTOR);
        c->step = COPY_WRITE;
    } else if (self->is_unsettled[c->chunk] && c->to == 1) {
        copy_chunk(self, c->chunk, 0); /* then what disk 1 has */
    } else {
        printf("%s: disk %u cannot be given sector %llu: disk %u cannot read it, error %d\n",
               SELF_PATH, (unsigned)c->to, (unsigned long long)c->lba, (unsigned)!c->to, (int)err);
        give_up(self);
    }
}

static void was_written(struct self *self)
{
    struct copy *c = &self->copy;

    self->copied[c->to] += c->n * (uint64_t)SECTOR;
    c->lba += c->n;
    c->step = c->lba == c->end ? COPY_FLUSH : COPY_READ;
}

/* An order of a copy is over; data: what was read. */
static void copy_over(struct self *self, const struct order *o, const void *data, enum tess_err err)
{
    struct copy *c = &self->copy;

    if (!c->is_on || o->id != c->serial) {
        return; /* of a disk that was left behind */
    }
    c->is_out = false;
    if (o->kind == COPY_READ) {
        was_read(self, data, err);
    } else if (err) {
        give_up(self);
    } else if (o->kind == COPY_WRITE) {
        was_written(self);
    } else {
        end_chunk(self);
    }
}
