/*
 * Knows what each sector must hold, and counts: what was done to it, what it was told, and what it had to find out itself.
 */
#include <stdio.h>

#include <comp/sleep.h>

#include "../../block_virtio/test/pattern.h"
#include "FaultClient.h"

#define SECTORS 16384u
#define BLOCK   8u /* sectors of a request in the storm */
#define BLOCKS  (SECTORS / BLOCK)
#define ROOM    (BLOCK * 512u)
#define PARTS   16u
#define LARGEST 128u
#define ROUNDS  8u
#define ONE_IN  20u

struct self {
    uint64_t random;
    uint32_t last; /* version */
    uint32_t version[SECTORS];
    uint64_t data[LARGEST * SECTOR_WORDS];
    uint64_t told, silent,
        failed; /* reads: with CORRUPT; without error, but wrong; requests: with another error */
    /* the storm */
    uint64_t started, finished;
    bool is_busy[BLOCKS], is_unknown[BLOCKS];
    uint32_t block[PARTS];
    bool is_write[PARTS], is_idle[PARTS];
};

static uint64_t draw(struct self *self)
{
    return tess_random(&self->random) >> 16;
}

/* ---- one request, and what comes of it ---- */

static void fill(struct self *self, void *data, uint64_t lba, uint32_t n)
{
    pattern_fill(data, lba, n, ++self->last);
    for (uint32_t i = 0; i < n; i++) {
        self->version[lba + i] = self->last;
    }
}

static bool is_right(struct self *self, const void *data, uint64_t lba, uint32_t n)
{
    bool is = true;

    for (uint32_t i = 0; i < n; i++) {
        is &= pattern_is((const uint64_t *)data + i * SECTOR_WORDS, lba + i, 1,
                         self->version[lba + i]);
    }
    return is;
}

static enum tess_err write(struct self *self, uint64_t lba, uint32_t n)
{
    enum tess_err err;

    fill(self, self->data, lba, n);
    err = disk_write(self, lba, n, self->data);
    self->failed += err != TESS_OK;
    return err;
}

static void judge_read(struct self *self, enum tess_err err, const void *data, uint64_t lba,
                       uint32_t n)
{
    if (err == TESS_CORRUPT) {
        self->told++;
    } else if (err != TESS_OK) {
        self->failed++;
    } else if (!is_right(self, data, lba, n)) {
        self->silent++;
    }
}

/* True: it is as it should be. */
static bool read(struct self *self, uint64_t lba, uint32_t n)
{
    uint64_t bad = self->told + self->silent + self->failed;

    judge_read(self, disk_read(self, lba, n, self->data), self->data, lba, n);
    return bad == self->told + self->silent + self->failed;
}

static void all(struct self *self, bool is_write)
{
    for (uint64_t lba = 0; lba < SECTORS; lba += LARGEST) {
        if (is_write) {
            (void)write(self, lba, LARGEST);
        } else {
            (void)read(self, lba, LARGEST);
        }
    }
}

/* ---- one fault at a time ---- */

static void fault(struct self *self, uint32_t kind)
{
    static const uint32_t sizes[] = { 1, BLOCK, 16, LARGEST };
    uint32_t n = sizes[draw(self) % 4];
    uint64_t lba = draw(self) % (SECTORS - n + 1), other;
    bool is_read = kind == FAULTY_KIND_CORRUPT_READ;

    (void)write(self, lba, n);
    faults(self)->next = kind;
    if (!is_read) {
        (void)write(self, lba, n);
    }
    if (kind == FAULTY_KIND_STALE) {
        (void)write(self, lba, n);
    }
    (void)read(self, lba, n);
    other = kind == FAULTY_KIND_MISDIRECTED ? faults(self)->other : lba;
    if (kind == FAULTY_KIND_MISDIRECTED) {
        (void)read(self, other, n);
        (void)write(self, other, n);
    }
    (void)write(self, lba, n);
    if (!read(self, lba, n) || !read(self, other, n)) {
        printf("FAILED: not right after it was written again\n");
    }
}

static void count(struct self *self, uint32_t bit, const char *name)
{
    uint64_t done = faults(self)->done[bit], told = self->told, silent = self->silent, wanted;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        fault(self, 1u << bit);
    }
    done = faults(self)->done[bit] - done;
    told = self->told - told;
    silent = self->silent - silent;
    /* a misdirected write harms two places; a wrong bit on the way is healed by the second read */
    wanted = (1u << bit) == FAULTY_KIND_MISDIRECTED ? 2 * done : done;
    if ((1u << bit) == FAULTY_KIND_CORRUPT_READ && CHECKSUMMED) {
        wanted = 0;
    }
    printf("%s: %llu done, %llu errors, %llu silent%s\n", name, (unsigned long long)done,
           (unsigned long long)told, (unsigned long long)silent,
           done == ROUNDS && told == (CHECKSUMMED ? wanted : 0) &&
                   silent == (CHECKSUMMED ? 0 : wanted)
               ? ""
               : ": FAILED");
}

/* ---- the storm ---- */

static uint8_t *part(struct self *self, uint64_t i)
{
    return disk_buffer(self) + i * ROOM;
}

static void next(struct self *self, uint64_t i)
{
    uint32_t block = (uint32_t)(draw(self) % BLOCKS);
    uint64_t lba;
    enum tess_err err;

    while (self->is_busy[block]) {
        block = (block + 1) % BLOCKS;
    }
    lba = (uint64_t)block * BLOCK;
    self->block[i] = block;
    self->is_write[i] = self->is_unknown[block] || draw(self) % 2;
    if (self->is_write[i]) {
        fill(self, part(self, i), lba, BLOCK);
        self->is_unknown[block] = true; /* until it is completed */
        err = disk_write_start(self, i, lba, BLOCK, i * ROOM);
    } else {
        err = disk_read_start(self, i, lba, BLOCK, i * ROOM);
    }
    self->is_idle[i] = err != TESS_OK;
    self->is_busy[block] = err == TESS_OK;
    self->started += err == TESS_OK;
}

static void done(struct self *self, uint64_t i)
{
    self->finished++;
    self->is_busy[self->block[i]] = false;
    self->is_idle[i] = true;
    if (self->started < REQUESTS) {
        next(self, i);
    }
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    uint32_t block = self->block[i];

    judge_read(self, err, part(self, i), (uint64_t)block * BLOCK, BLOCK);
    self->is_unknown[block] = err == TESS_CORRUPT; /* to be written */
    done(self, i);
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    self->failed += err != TESS_OK;
    self->is_unknown[self->block[i]] = err != TESS_OK;
    done(self, i);
}

static void disk_flush_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    (void)cookie;
    (void)err;
}

static void disk_capacity_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t n)
{
    (void)self;
    (void)cookie;
    (void)err;
    (void)n;
}

static void storm(struct self *self)
{
    uint64_t happened = 0;

    self->told = self->silent = self->failed = 0;
    for (uint64_t i = 0; i < PARTS; i++) {
        self->is_idle[i] = true;
    }
    faults(self)->one_in = ONE_IN;
    faults(self)->kinds = KINDS;
    while (self->finished < REQUESTS) {
        for (uint64_t i = 0; i < PARTS; i++) {
            if (self->is_idle[i] && self->started < REQUESTS) {
                next(self, i);
            }
        }
        comp_sleep_until(tess_deadline_ns(100000));
    }
    faults(self)->kinds = 0;
    for (uint32_t i = 0; i < 10; i++) {
        happened += faults(self)->done[i];
    }
    printf("storm: %u requests, %llu faults, %llu errors of checksums, %llu others, %llu silent\n",
           (unsigned)REQUESTS, (unsigned long long)happened, (unsigned long long)self->told,
           (unsigned long long)self->failed, (unsigned long long)self->silent);
    if (!COUNTS) {
        printf("storm: %s\n", faults(self)->starts > 1 ? "restarted" : "FAILED: not restarted");
    }
    printf("storm: %s\n", happened && (CHECKSUMMED ? (self->told || !COUNTS) && !self->silent
                                                   : !self->told && self->silent)
                              ? "ok"
                              : "FAILED");
}

static int run(struct self *self)
{
    static const char *const names[] = { "lost",    "short", "torn",        "misdirected",
                                         "corrupt", "stale", "corrupt read" };

    self->random = 1;
    all(self, true);
    for (uint32_t i = 0; COUNTS && i < 7; i++) {
        count(self, i, names[i]);
    }
    storm(self);
    self->told = self->silent = self->failed = 0;
    all(self, true); /* twice: the first time lets out what is to be done again */
    all(self, true);
    all(self, false);
    printf("after it: %s\n", self->told || self->silent || self->failed ? "FAILED" : "ok");
    return 0;
}
