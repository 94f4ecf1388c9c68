/* What the parts of BlockMirror share.  One translation unit: everything is static. */
#ifndef MIRROR_SELF_H
#define MIRROR_SELF_H

#include <stdio.h>

#include <blockdrv/blockdrv.h>
#include <blockdrv/room.h>
#include <comp/sleep.h>
#include <tess/time.h>

#include "BlockMirror.h"
#include "label.h"

#define SECTOR  BLOCKDRV_SECTOR
#define NOBODY  UINT32_MAX /* id of an order that is nobody's any more */
#define PIECE   64u        /* sectors that are copied at a time */
#define MS      1000000ull
#define LOOK_MS 20u

_Static_assert(DISK_BUFFER_BYTES >= 65536 + 2 * PIECE * SECTOR,
               "room for the largest request, a label and a piece: queue 256KiB");

/* What one disk is asked. */
enum kind {
    FREE,
    READ,
    WRITE,
    FLUSH,
    LABEL,
    LABEL_FLUSH,
    COPY_READ,
    COPY_WRITE,
    COPY_FLUSH,
    CLEAN,
    ASK,
};

struct order {
    enum kind kind;
    uint32_t
        id; /* of whose it is: the client's request, or which copy; NOBODY: the disk was left behind meanwhile */
    uint32_t n, offset;
    uint64_t lba;
};

struct disk {
    bool is_in;      /* it takes part */
    bool is_refused; /* and never will: it belongs to somebody else */
    uint64_t sectors;
    uint64_t again; /* out: tick at which it is looked at */
    uint64_t since; /* tick of its last completion, or when it was asked something after none */
    uint32_t orders;
    struct order order[DISK_DEPTH];
    struct room room;
    uint32_t asked;   /* id of the last ASK */
    bool is_answered; /* it is over */
    enum tess_err err;
    struct label label; /* as it was read */
};

enum type { TYPE_READ, TYPE_WRITE, TYPE_FLUSH, TYPE_CAPACITY };
enum phase {
    PHASE_NONE,
    PHASE_LINE, /* waits for its turn */
    PHASE_NOTE, /* a write: its chunks are being noted */
    PHASE_DISKS,
    PHASE_LOSS, /* that a disk lacks it is being noted */
};

/* A request in hand, by its id. */
struct work {
    enum type type;
    enum phase phase;
    uint32_t n, done; /* sectors; a read is done in parts */
    uint64_t lba;
    uint8_t *buf;
    uint64_t need;           /* number of the label that must be written first */
    uint32_t ask, wait, had; /* bit i: disk i is to be asked; is asked; has done it */
    uint32_t tried;          /* a read: disk i cannot */
    enum tess_err err;
};

struct copy {
    bool is_on, is_out; /* out: its order is */
    enum kind step;     /* the order that is out, or next */
    uint32_t serial;    /* id of its orders */
    uint32_t chunk, to;
    uint64_t lba, end;
    uint32_t n;
    uint64_t rest; /* tick: nothing could be copied, and is not tried before */
    uint8_t piece[PIECE * SECTOR];
};

struct self {
    bool is_ready, is_pumping, is_again;
    struct disk disk[2];
    struct blockdrv_waiting line;
    uint32_t next[BLK_DEPTH + 1];
    struct work work[BLK_DEPTH + 1];
    /* the label, as it shall be; chunks by their state; which of those written are to be made the same */
    struct label label;
    uint32_t chunks[4];
    uint32_t unsettled;
    bool is_unsettled[LABEL_CHUNKS];
    bool is_changed, is_writing, is_saved; /* saved: the one being written is on a disk */
    uint32_t label_ask, label_flush;       /* bit i: disk i has yet to be given it; to flush it */
    uint64_t label_rest; /* tick: no disk could be written, and none is tried before */
    uint64_t written;    /* number of the last label that is on a disk */
    uint64_t last_write; /* tick */
    uint32_t cleaning;   /* bit i: disk i flushes, to be the same as the other */
    bool is_dirty;       /* and something was written meanwhile */
    struct copy copy;
    uint64_t next_copy; /* chunk */
    uint64_t copied[2], left[2], healed;
};

/* block_mirror.c */
static bool order(struct self *self, uint32_t d, enum kind kind, uint32_t id, uint64_t lba,
                  uint32_t n, const void *data);
static uint32_t in(const struct self *self);
static void pump(struct self *self);
static void leave(struct self *self, uint32_t d, const char *why);
/* copy.c */
static void pump_copy(struct self *self);
static void copy_over(struct self *self, const struct order *o, const void *data,
                      enum tess_err err);

/* ---- chunks ---- */

static enum chunk lacks(uint32_t d)
{
    return d ? CHUNK_LACKS_1 : CHUNK_LACKS_0;
}

/* It has all that the other one has; what is unsettled is what disk 0 has. */
static bool is_whole(const struct self *self, uint32_t d)
{
    return self->chunks[lacks(d)] == 0 && (d == 0 || self->unsettled == 0);
}

static void set_chunk(struct self *self, uint64_t chunk, enum chunk is)
{
    enum chunk was = label_chunk(&self->label, (uint32_t)chunk);

    if (self->is_unsettled[chunk] && is != CHUNK_WRITTEN) {
        self->is_unsettled[chunk] = false;
        self->unsettled--;
    }
    if (was != is) {
        label_set_chunk(&self->label, (uint32_t)chunk, is);
        self->chunks[was]--;
        self->chunks[is]++;
        self->is_changed = true;
    }
}

/* What was written there on one disk may not be what was on the other. */
static void unsettle(struct self *self, uint64_t chunk)
{
    if (label_chunk(&self->label, (uint32_t)chunk) == CHUNK_WRITTEN && !self->is_unsettled[chunk]) {
        self->is_unsettled[chunk] = true;
        self->unsettled++;
    }
}

static uint64_t first_chunk(const struct self *self, const struct work *w)
{
    return w->lba >> self->label.chunk;
}

static uint64_t last_chunk(const struct self *self, const struct work *w)
{
    return (w->lba + w->n - 1) >> self->label.chunk;
}

#endif
