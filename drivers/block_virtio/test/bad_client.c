/* Sixteen requests each time, one of which the driver gets wrong. */
#include <stdio.h>

#include <comp/sleep.h>

#include "BadClient.h"
#include "bad.h"
#include "pattern.h"

#define PARTS     16u
#define PART      8u /* sectors */
#define PART_ROOM (PART * 512u)
#define LATEST_NS 4000000000ull

struct self {
    uint64_t lba[PARTS];
    enum tess_err err[PARTS];
    uint32_t done, good, wrong;
    bool has_failed;
};

static uint8_t *part(struct self *self, uint64_t i)
{
    return disk_buffer(self) + i * PART_ROOM;
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    self->done++;
    self->err[i] = err;
    self->good += err == TESS_OK;
    self->wrong += err == TESS_OK && !pattern_is(part(self, i), self->lba[i], PART, 1);
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    (void)self;
    (void)i;
    (void)err;
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

static void try(struct self *self, const char *what, uint64_t lba, uint32_t wanted)
{
    uint64_t start = tess_now(), ns;

    self->done = self->good = self->wrong = 0;
    for (uint64_t i = 0; i < PARTS; i++) {
        self->lba[i] = i == PARTS / 2 ? lba : i * PART;
        self->has_failed |= disk_read_start(self, i, self->lba[i], PART, i * PART_ROOM) != TESS_OK;
    }
    do {
        comp_sleep_until(tess_deadline_ns(1000000));
        ns = tess_ns_of_ticks(tess_now() - start);
    } while (self->done < PARTS && ns < LATEST_NS);
    self->has_failed |= self->good != wanted || self->wrong || ns >= LATEST_NS;
    printf("%s: %u of %u, %u wrong, %s\n", what, (unsigned)self->good, PARTS, (unsigned)self->wrong,
           ns < LATEST_NS ? "in time" : "too late");
    printf("%s: after %u us\n", what, (unsigned)(ns / 1000));
}

static int run(struct self *self)
{
    uint64_t sectors = 0;

    try(self, "loops", LOOPS, PARTS);
    try(self, "forgets", FORGETS, PARTS);
    try(self, "dies", DIES, PARTS - 1);
    if (self->err[PARTS / 2] == TESS_POISON) {
        printf("dies: the other one is poison\n");
    }
    self->has_failed |= disk_capacity(self, &sectors) != TESS_OK || sectors != 1u << 20;
    self->has_failed |=
        disk_write(self, 0, PART, part(self, 0)) != (enum tess_err)BLOCK_ERROR_READ_ONLY;
    printf("client: %s\n", self->has_failed ? "FAILED" : "ok");
    return 0;
}
