/* Writes and verifies half of the disk. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Half.h"
#include "pattern.h"

#define PIECE     128u /* sectors of a synchronous call: the most it lends */
#define PART      16u  /* of an asynchronous one */
#define PART_ROOM (PART * 512u)
#define PARTS     (DISK_BUFFER_BYTES / PART_ROOM)

struct self {
    uint64_t first, sectors; /* the half */
    uint64_t failed, wrong, done;
    uint64_t lba[PARTS]; /* what the parts of the buffer are for */
    bool is_busy[PARTS];
    uint64_t piece[PIECE * SECTOR_WORDS];
};

_Static_assert(PARTS == DISK_DEPTH, "as many requests in flight as can be");

static void expect(struct self *self, enum tess_err err, enum tess_err wanted)
{
    self->failed += err != wanted;
}

static void synchronously(struct self *self, uint64_t version)
{
    for (uint64_t lba = self->first; lba < self->first + self->sectors; lba += PIECE) {
        pattern_fill(self->piece, lba, PIECE, version);
        expect(self, disk_write(self, lba, PIECE, self->piece), TESS_OK);
    }
    expect(self, disk_flush(self), TESS_OK);
    for (uint64_t lba = self->first; lba < self->first + self->sectors; lba += PIECE) {
        expect(self, disk_read(self, lba, PIECE, self->piece), TESS_OK);
        self->wrong += !pattern_is(self->piece, lba, PIECE, version);
    }
}

/* Errors come back as answers. */
static void mistakes(struct self *self)
{
    uint64_t end = 0;

    expect(self, disk_capacity(self, &end), TESS_OK);
    expect(self, disk_read(self, end, 1, self->piece), TESS_RANGE);
    expect(self, disk_read(self, UINT64_MAX, 2, self->piece), TESS_RANGE);
    expect(self, disk_write(self, end - 1, 2, self->piece), TESS_RANGE);
    expect(self, disk_read(self, 0, PIECE + 1, self->piece), TESS_ARG);
    expect(self, disk_read(self, end, 0, self->piece), TESS_OK);
    expect(self, disk_read_start(self, 0, 0, 1, DISK_BUFFER_BYTES), TESS_ARG);
    expect(self, disk_read_start(self, 0, 0, 1, UINT64_MAX), TESS_ARG);
}

static uint8_t *part(struct self *self, uint64_t i)
{
    return disk_buffer(self) + i * PART_ROOM;
}

static void finish(struct self *self, uint64_t i, enum tess_err err)
{
    expect(self, err, TESS_OK);
    self->is_busy[i] = false;
    self->done++;
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    self->wrong += !pattern_is(part(self, i), self->lba[i], PART, 2);
    finish(self, i, err);
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    finish(self, i, err);
}

static void disk_flush_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)cookie;
    expect(self, err, TESS_OK);
    self->done++;
}

static void disk_capacity_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t n)
{
    (void)self;
    (void)cookie;
    (void)err;
    (void)n;
}

static enum tess_err start(struct self *self, uint64_t i, bool is_write)
{
    if (is_write) {
        pattern_fill(part(self, i), self->lba[i], PART, 2);
        return disk_write_start(self, i, self->lba[i], PART, i * PART_ROOM);
    }
    return disk_read_start(self, i, self->lba[i], PART, i * PART_ROOM);
}

/* From the end to the beginning. */
static void asynchronously(struct self *self, bool is_write)
{
    uint64_t left = self->sectors / PART, all = left;

    self->done = 0;
    while (self->done < all) {
        for (uint64_t i = 0; i < PARTS && left; i++) {
            if (self->is_busy[i]) {
                continue;
            }
            self->lba[i] = self->first + (left - 1) * PART;
            if (start(self, i, is_write) != TESS_OK) {
                break;
            }
            self->is_busy[i] = true;
            left--;
        }
        comp_sleep_until(tess_deadline_ns(50000));
    }
}

static int run(struct self *self)
{
    uint64_t sectors = 0;

    expect(self, disk_capacity(self, &sectors), TESS_OK);
    self->sectors = sectors / 2;
    self->first = HALF * self->sectors;
    synchronously(self, 1);
    printf("half %u: written and read synchronously\n", (unsigned)HALF);
    mistakes(self);
    asynchronously(self, true);
    self->done = 0;
    expect(self, disk_flush_start(self, 0), TESS_OK);
    while (!self->done) {
        comp_sleep_until(tess_deadline_ns(50000));
    }
    asynchronously(self, false);
    printf("half %u: written and read asynchronously\n", (unsigned)HALF);
    printf("half %u: %s", (unsigned)HALF, self->failed || self->wrong || !sectors ? "" : "ok\n");
    if (self->failed || self->wrong || !sectors) {
        printf("FAILED: %llu failed, %llu wrong\n", (unsigned long long)self->failed,
               (unsigned long long)self->wrong);
    }
    return 0;
}
