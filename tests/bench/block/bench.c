/* Reads and writes 4 KiB: one at a time, four and sixteen at once. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/mark.h>

#include "BlockBench.h"

#define ROUNDS 64u
#define BLOCK  8u /* sectors */
#define ROOM   (BLOCK * 512u)

struct self {
    uint32_t missing, failed;
};

/* Reads at once; the last kind is one write. */
static const uint32_t kinds[] = { 1, 4, 16, 1 };
#define WRITE 3u

static void done(struct self *self, enum tess_err err)
{
    self->failed += err != TESS_OK;
    self->missing--;
}

static void disk_read_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    (void)element;
    (void)i;
    done(self, err);
}

static void disk_write_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    (void)element;
    (void)i;
    done(self, err);
}

static void disk_flush_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err)
{
    (void)element;
    (void)i;
    done(self, err);
}

static void disk_capacity_done(struct self *self, uint32_t element, uint64_t i, enum tess_err err,
                               uint64_t sectors)
{
    (void)element;
    (void)i;
    (void)sectors;
    done(self, err);
}

/* Until all has come back; the handlers run in it. */
static void one_round(struct self *self, uint32_t element, uint32_t kind)
{
    const uint64_t bits = disk_0_queue_.at->bit | disk_1_queue_.at->bit | disk_2_queue_.at->bit |
                          disk_3_queue_.at->bit;

    for (uint64_t i = 0; i < kinds[kind]; i++) {
        enum tess_err err = kind == WRITE
                                ? disk_write_start(self, element, i, i * BLOCK, BLOCK, i * ROOM)
                                : disk_read_start(self, element, i, i * BLOCK, BLOCK, i * ROOM);

        self->failed += err != TESS_OK;
    }
    while (self->missing && comp_wait_signal(bits, 0) == TESS_OK) {
    }
}

/* The id of a mark is a constant. */
#define MARKED(element, kind)                                                                      \
    case 4 * (element) + (kind):                                                                   \
        TESS_MARK_BEGIN(1050 + 4 * (element) + (kind));                                            \
        one_round(self, element, kind);                                                            \
        TESS_MARK_END(1050 + 4 * (element) + (kind));                                              \
        break
#define MARKED_ALL(element)                                                                        \
    MARKED(element, 0);                                                                            \
    MARKED(element, 1);                                                                            \
    MARKED(element, 2);                                                                            \
    MARKED(element, 3)

static void marked(struct self *self, uint32_t element, uint32_t kind)
{
    self->missing = kinds[kind];
    switch (4 * element + kind) {
        MARKED_ALL(0);
        MARKED_ALL(1);
        MARKED_ALL(2);
        MARKED_ALL(3);
    }
}

static int run(struct self *self)
{
    comp_sleep_until(tess_deadline_ns(20000000)); /* the partitions are known */
    for (uint32_t element = 0; element < DISK_COUNT; element++) {
        for (uint32_t kind = 0; kind <= WRITE; kind++) {
            self->missing = kinds[kind];
            one_round(self, element, kind); /* what is read for the first time is not counted */
            for (uint32_t i = 0; i < ROUNDS; i++) {
                comp_sleep_until(tess_deadline_ns(50000));
                marked(self, element, kind);
            }
        }
    }
    printf("block: %u failed\n", (unsigned)self->failed);
    return 0;
}
