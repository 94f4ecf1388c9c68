/*
 * The partitions of a disk, each as a disk of its own.
 *
 *     client -> part_read_begin -> wait -> pump -> pass_on -> disk -> disk_read_done -> part_finish -> client
 *
 * A request waits in the line of its element until it is that one's turn and there is room; so no client gets more of the
 * disk than another that wants it, too.  Data are copied between the client's buffer and that of the disk, because no
 * client may see what another one reads.
 *
 * Start is recovery: the table is read, and the glue gives again what was not completed.
 */
#include <stdio.h>
#include <stdlib.h>

#include <blockdrv/blockdrv.h>
#include <blockdrv/room.h>
#include <comp/sleep.h>

#include "BlockParts.h"
#include "gpt.h"

#define SECTOR   512u
#define RETRY_NS 10000000u

enum type { TYPE_READ, TYPE_WRITE, TYPE_FLUSH, TYPE_CAPACITY };

/* A request in hand, by its id. */
struct work {
    enum type type;
    uint32_t element, n;
    uint64_t lba;
    uint8_t *buf;
    uint32_t offset; /* of its room in the buffer of disk */
};

struct self {
    bool is_ready, is_pumping;
    enum tess_err err; /* why there are no partitions; OK: there are some */
    struct gpt_part part[PART_COUNT];
    uint32_t turn;    /* element */
    uint32_t at_disk; /* requests */
    struct blockdrv_waiting line[PART_COUNT];
    uint32_t next[PART_DEPTH + 1];
    struct work work[PART_DEPTH + 1];
    struct room room;
    uint8_t piece[GPT_PIECE];
};

_Static_assert(DISK_BUFFER_BYTES >= 65536, "the largest request has room: queue 64KiB at least");

/* ---- to the disk ---- */

static enum tess_err start(struct self *self, uint32_t id, uint64_t lba)
{
    struct work *w = &self->work[id];

    if (w->type == TYPE_FLUSH) {
        return disk_flush_start(self, id);
    }
    if (w->type == TYPE_READ) {
        return disk_read_start(self, id, lba, w->n, w->offset);
    }
    memcpy(disk_buffer(self) + w->offset, w->buf, w->n * SECTOR);
    return disk_write_start(self, id, lba, w->n, w->offset);
}

/* A request inside its partition.  AGAIN: not now. */
static enum tess_err pass_on(struct self *self, uint32_t id)
{
    struct work *w = &self->work[id];
    enum tess_err err;

    if (self->at_disk == WINDOW || (w->n && !room_take(&self->room, w->n * SECTOR, &w->offset))) {
        return TESS_AGAIN;
    }
    err = start(self, id, self->part[w->element].first + w->lba);
    if (err == TESS_OK) {
        self->at_disk++;
    } else if (w->n) {
        room_give(&self->room, w->n * SECTOR, w->offset);
    }
    return err;
}

/* AGAIN: not now; OK: it will be or is completed; else the error. */
static enum tess_err take(struct self *self, uint32_t id)
{
    const struct work *w = &self->work[id];
    const struct gpt_part *part = &self->part[w->element];

    if (self->err != TESS_OK) {
        return self->err;
    }
    if (w->type == TYPE_CAPACITY) {
        part_capacity_finish(self, id, TESS_OK, part->sectors);
        return TESS_OK;
    }
    if (!blockdrv_is_there(part->sectors, w->lba, w->n)) {
        return TESS_RANGE;
    }
    if (w->type != TYPE_FLUSH && w->n == 0) {
        part_finish(self, id, TESS_OK);
        return TESS_OK;
    }
    return pass_on(self, id);
}

/* One request of each element in turn.  What does not fit now is not overtaken, so that large ones have their turn, too. */
static void pump(struct self *self)
{
    uint32_t idle = 0;

    if (!self->is_ready || self->is_pumping) {
        return;
    }
    self->is_pumping = true;
    while (idle < PART_COUNT) {
        struct blockdrv_waiting *line = &self->line[self->turn];
        uint32_t id = line->first;

        if (id != BLOCKDRV_NONE) {
            enum tess_err err = take(self, id);

            if (err == TESS_AGAIN) {
                break;
            }
            blockdrv_go(line);
            if (err != TESS_OK) {
                part_finish(self, id, err);
            }
        }
        idle = id == BLOCKDRV_NONE ? idle + 1 : 0;
        self->turn = (self->turn + 1) % PART_COUNT;
    }
    self->is_pumping = false;
}

static enum tess_err wait(struct self *self, uint32_t id, struct work w)
{
    self->work[id] = w;
    blockdrv_wait(&self->line[w.element], id);
    pump(self);
    return TESS_OK;
}

static enum tess_err part_read_begin(struct self *self, uint32_t element, uint32_t id, uint64_t lba,
                                     uint32_t n, void *buf)
{
    return wait(self, id, (struct work){ TYPE_READ, element, n, lba, buf, 0 });
}

static enum tess_err part_write_begin(struct self *self, uint32_t element, uint32_t id,
                                      uint64_t lba, uint32_t n, const void *buf)
{
    return wait(self, id, (struct work){ TYPE_WRITE, element, n, lba, (uint8_t *)buf, 0 });
}

static enum tess_err part_flush_begin(struct self *self, uint32_t element, uint32_t id)
{
    return wait(self, id, (struct work){ TYPE_FLUSH, element, 0, 0, NULL, 0 });
}

static enum tess_err part_capacity_begin(struct self *self, uint32_t element, uint32_t id)
{
    return wait(self, id, (struct work){ TYPE_CAPACITY, element, 0, 0, NULL, 0 });
}

/* ---- from the disk ---- */

static void done(struct self *self, uint64_t cookie, enum tess_err err)
{
    uint32_t id = (uint32_t)cookie;
    const struct work *w = &self->work[id];

    self->at_disk--;
    if (w->n) {
        room_give(&self->room, w->n * SECTOR, w->offset);
    }
    part_finish(self, id, err);
    pump(self);
}

static void disk_read_done(struct self *self, uint64_t id, enum tess_err err)
{
    const struct work *w = &self->work[id];

    if (err == TESS_OK) {
        memcpy(w->buf, disk_buffer(self) + w->offset, w->n * SECTOR);
    }
    done(self, id, err);
}

static void disk_write_done(struct self *self, uint64_t id, enum tess_err err)
{
    done(self, id, err);
}

static void disk_flush_done(struct self *self, uint64_t id, enum tess_err err)
{
    done(self, id, err);
}

/* The size of the disk is only asked for synchronously. */
static void disk_capacity_done(struct self *self, uint64_t id, enum tess_err err, uint64_t sectors)
{
    (void)self;
    (void)id;
    (void)err;
    (void)sectors;
}

/* ---- the table ---- */

/* While there is no driver there are no partitions, but that is no error. */
static enum tess_err patient_read(struct self *self, uint64_t lba, uint32_t n)
{
    enum tess_err err;

    while ((err = disk_read(self, lba, n, self->piece)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    return err;
}

static bool read_table(struct self *self, uint64_t lba, uint64_t sectors)
{
    uint32_t numbers[PART_COUNT] = { 0 }, bytes;
    char text[] = NUMBERS, *at = text;
    struct gpt g;

    for (uint32_t i = 0; i < PART_COUNT; i++) {
        numbers[i] = (uint32_t)strtoul(at, &at, 10);
    }
    memset(self->part, 0, sizeof self->part);
    if (patient_read(self, lba, 1) != TESS_OK || !gpt_begin(&g, self->piece, lba, sectors)) {
        return false;
    }
    while ((bytes = gpt_next(&g, &lba)) != 0) {
        if (patient_read(self, lba, (bytes + SECTOR - 1) / SECTOR) != TESS_OK) {
            return false;
        }
        gpt_take(&g, self->piece, numbers, self->part, PART_COUNT);
    }
    return gpt_end(&g, self->part, PART_COUNT);
}

static void init(struct self *self)
{
    room_init(&self->room, DISK_BUFFER_BYTES);
    for (uint32_t i = 0; i < PART_COUNT; i++) {
        blockdrv_waiting_init(&self->line[i], self->next);
    }
}

static int run(struct self *self)
{
    uint64_t sectors = 0;
    enum tess_err err;

    while ((err = disk_capacity(self, &sectors)) == TESS_GONE) {
        comp_sleep_until(tess_deadline_ns(RETRY_NS));
    }
    if (err != TESS_OK || sectors == 0) {
        self->err = (enum tess_err)BLOCK_ERROR_IO;
    } else if (!read_table(self, GPT_PRIMARY, sectors)) {
        bool is_there = read_table(self, sectors - 1, sectors);

        printf("%s: %s\n", SELF_PATH,
               is_there ? "the first table is damaged, the second is used" : "there is no table");
        self->err = is_there ? TESS_OK : (enum tess_err)BLOCK_ERROR_IO;
    }
    self->is_ready = true;
    pump(self);
    return 0;
}
