/* Reads and writes blocks at random, several at once, and knows what each must hold. */
#include <stdio.h>
#include <stdlib.h>

#include <comp/sleep.h>

#include "BlockLoad.h"
#include "pattern.h"

#define BLOCK      8u /* sectors */
#define BLOCK_ROOM (BLOCK * 512u)
#define BLOCKS     2048u
#define PARTS      (DISK_BUFFER_BYTES / BLOCK_ROOM) /* requests in flight */

struct self {
    uint64_t random;
    uint64_t reads, writes;
    uint32_t outstanding;
    bool is_over;
    uint32_t version[BLOCKS]; /* 0: not written yet */
    bool is_busy[BLOCKS];
    uint32_t block[PARTS];
    bool is_write[PARTS];
    bool is_idle
        [PARTS]; /* no room for its request yet: those of dead incarnations are still in the ring */
    uint64_t room[BLOCK * SECTOR_WORDS];
};

static uint8_t *part(struct self *self, uint64_t i)
{
    return disk_buffer(self) + i * BLOCK_ROOM;
}

static enum tess_err start(struct self *self, uint64_t i)
{
    uint32_t block = self->block[i];
    uint64_t lba = (uint64_t)block * BLOCK;

    if (self->is_write[i]) {
        /* no incarnation writes what another one may have written */
        self->version[block] = (uint32_t)comp_pulse->generation << 16 | (uint16_t)++self->writes;
        if (VERIFY) {
            pattern_fill(part(self, i), lba, BLOCK, self->version[block]);
        }
        return disk_write_start(self, i, lba, BLOCK, i * BLOCK_ROOM);
    }
    return disk_read_start(self, i, lba, BLOCK, i * BLOCK_ROOM);
}

/* Something else to do for part i of the buffer. */
static void next(struct self *self, uint64_t i)
{
    uint64_t random = tess_random(&self->random);
    uint32_t block = (uint32_t)random % BLOCKS;

    while (self->is_busy[block]) {
        block = (block + 1) % BLOCKS;
    }
    self->is_busy[block] = true;
    self->block[i] = block;
    self->is_write[i] = random >> 63;
    self->outstanding++;
    uint32_t version = self->version[block];
    enum tess_err err = start(self, i);

    self->is_idle[i] = err == TESS_AGAIN;
    if (err != TESS_OK) {
        self->version[block] = version;
        self->is_busy[block] = false;
        self->outstanding--;
        stats(self)->failed += err != TESS_AGAIN;
    }
}

static void note_recovery(struct self *self)
{
    volatile struct block_stats *s = stats(self);
    uint64_t killed_at = s->killed_at;

    if (killed_at) {
        s->recovery_us[s->recoveries++ % 1024] =
            (uint32_t)(tess_ns_of_ticks(tess_now() - killed_at) / 1000);
        s->killed_at = 0;
    }
}

static void done(struct self *self, uint64_t i, enum tess_err err)
{
    note_recovery(self);
    stats(self)->completed++;
    stats(self)->failed += err != TESS_OK;
    self->is_busy[self->block[i]] = false;
    self->outstanding--;
    if (!self->is_over) {
        next(self, i);
    }
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    uint32_t block = self->block[i], version = self->version[block];

    self->reads++;
    stats(self)->wrong +=
        VERIFY && version && !pattern_is(part(self, i), (uint64_t)block * BLOCK, BLOCK, version);
    done(self, i, err);
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    done(self, i, err);
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

/* ---- the end ---- */

static void verify(struct self *self)
{
    for (uint32_t block = 0; block < BLOCKS; block++) {
        uint64_t lba = (uint64_t)block * BLOCK;

        if (self->version[block]) {
            stats(self)->failed += disk_read(self, lba, BLOCK, self->room) != TESS_OK;
            stats(self)->wrong += !pattern_is(self->room, lba, BLOCK, self->version[block]);
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The times from a kill to the next completion. */
static bool report(struct self *self)
{
    static uint32_t us[1024];
    uint64_t n = stats(self)->recoveries;

    for (uint64_t i = 0; i < n && i < 1024; i++) {
        us[i] = stats(self)->recovery_us[i];
    }
    if (n == 0 || n > 1024) {
        return false;
    }
    qsort(us, n, sizeof us[0], compare);
    printf("load: %llu recoveries, median %u us, 99 of 100 within %u us, longest %u us\n",
           (unsigned long long)n, (unsigned)us[n / 2], (unsigned)us[n * 99 / 100],
           (unsigned)us[n - 1]);
    return us[n / 2] < 5000 && us[n * 99 / 100] < 50000;
}

static int run(struct self *self)
{
    bool is_quick;

    self->random = 1;
    for (uint64_t i = 0; i < PARTS; i++) {
        next(self, i);
    }
    while (!finish_wait_until(self, tess_deadline_ns(200000))) {
        for (uint64_t i = 0; i < PARTS; i++) {
            if (self->is_idle[i]) {
                next(self, i);
            }
        }
    }
    self->is_over = true;
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(100000));
    }
    if (VERIFY) {
        verify(self);
    }
    printf("load: %llu reads, %llu writes, %llu failed, %llu wrong\n",
           (unsigned long long)self->reads, (unsigned long long)self->writes,
           (unsigned long long)stats(self)->failed, (unsigned long long)stats(self)->wrong);
    is_quick = !TIMED || report(self);
    printf("load: %s\n", stats(self)->failed || stats(self)->wrong || !is_quick ? "FAILED" : "ok");
    return 0;
}
