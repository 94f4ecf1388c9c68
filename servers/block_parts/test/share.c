/* Reads from two partitions, with 24 and 8 requests outstanding, and counts which gets how many. */
#include <stdio.h>

#include <comp/sleep.h>

#include "PartsShare.h"

#define MANY     24u
#define FEW      8u
#define REQUESTS 4000u
#define ROOM     512u

struct self {
    uint32_t done[2], failed, outstanding;
    uint32_t
        owed[2]; /* bit i: request i found no room, since one is outstanding that is a ring older */
};

static void start(struct self *self, uint32_t element, uint64_t i)
{
    enum tess_err err;

    if (self->done[0] + self->done[1] + self->outstanding >= REQUESTS) {
        return;
    }
    err = disk_read_start(self, element, i, i, 1, i * ROOM);
    self->outstanding += err == TESS_OK;
    self->failed += err != TESS_OK && err != TESS_AGAIN;
    self->owed[element] |= (uint32_t)(err == TESS_AGAIN) << i;
}

static void start_owed(struct self *self, uint32_t element)
{
    uint32_t owed = self->owed[element];

    self->owed[element] = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        if (owed >> i & 1) {
            start(self, element, i);
        }
    }
}

static void disk_read_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    self->outstanding--;
    self->done[element]++;
    self->failed += err != TESS_OK;
    start_owed(self, element);
    start(self, element, i);
}

static void disk_write_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    (void)self;
    (void)element;
    (void)i;
    (void)err;
}

static void disk_flush_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    (void)self;
    (void)element;
    (void)i;
    (void)err;
}

static void disk_capacity_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err,
                               uint64_t sectors)
{
    (void)self;
    (void)element;
    (void)i;
    (void)err;
    (void)sectors;
}

static int run(struct self *self)
{
    for (uint64_t i = 0; i < MANY; i++) {
        start(self, 0, i);
    }
    for (uint64_t i = 0; i < FEW; i++) {
        start(self, 1, i);
    }
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
    printf("share: %u with %u outstanding, %u with %u, %u failed\n", (unsigned)self->done[0], MANY,
           (unsigned)self->done[1], FEW, (unsigned)self->failed);
    printf("share: %s\n",
           self->failed == 0 && self->done[1] * 100 >= 45 * (self->done[0] + self->done[1])
               ? "ok"
               : "FAILED");
    return 0;
}
