/*
 * Everything a client can do to its server: indices, records, what they say and where they point, what is lent, signals.  It
 * stays in the lower half of the disk where it can help it: a request that is in order is served.
 */
#include <comp/sleep.h>

#include "Vandal.h"
#include "pattern.h"

struct self {
    uint64_t random, turns;
};

static uint64_t random_below(struct self *self, uint64_t limit)
{
    return tess_random(&self->random) % limit;
}

/* Small, large, close to a limit, or anything. */
static uint64_t value(struct self *self)
{
    uint64_t random = tess_random(&self->random);

    switch (random_below(self, 5)) {
    case 0:
        return random % 16;
    case 1:
        return random % 0x30000;
    case 2:
        return random;
    case 3:
        return -(random % 4096);
    default:
        return random >> random % 64;
    }
}

static void scribble(struct self *self)
{
    const struct comp_queue_at *at = disk_0_queue_.at;
    volatile uint64_t *page;

    switch (random_below(self, 6)) {
    case 0: /* head of the requests */
        page = (volatile uint64_t *)at->request;
        *page = random_below(self, 2) ? *page + random_below(self, 512) : value(self);
        break;
    case 1: /* tail of the completions, and the notes behind it */
        page = (volatile uint64_t *)at->read;
        page[random_below(self, 8)] = value(self);
        break;
    case 2: /* what is lent */
        page = (volatile uint64_t *)at->buffer;
        page[random_below(self, at->buffer_bytes / 8)] = value(self);
        break;
    default: /* records */
        page = (volatile uint64_t *)(at->request + RING_RECORDS_AT);
        page[random_below(self, COMP_QUEUE_REQUESTS / 8)] = value(self);
    }
}

/* A record that looks like one, but for what is in it. */
static void forge(struct self *self)
{
    const struct comp_queue_at *at = disk_0_queue_.at;
    volatile uint64_t *head = (volatile uint64_t *)at->request;
    uint64_t index = *head & ~RING_FLAGS, words = random_below(self, 7);
    volatile uint64_t *record =
        (volatile uint64_t *)(at->request + RING_RECORDS_AT + index % COMP_QUEUE_REQUESTS);

    if (index % COMP_QUEUE_REQUESTS > COMP_QUEUE_REQUESTS - 128) {
        return;
    }
    record[0] = RING_WORD(random_below(self, 5) * 2, 8 * words); /* no write: it would hit others */
    record[1] = index;
    for (uint64_t i = 0; i < words; i++) {
        record[2 + i] = value(self);
    }
    record[3] = random_below(self, 64); /* sector */
    *head = index + RING_RECORD_BYTES(8 * words);
}

static void disk_read_done(struct self *self, uint64_t i, enum tess_err err)
{
    (void)self;
    (void)i;
    (void)err;
}

static void disk_write_done(struct self *self, uint64_t i, enum tess_err err)
{
    disk_read_done(self, i, err);
}

static void disk_flush_done(struct self *self, uint64_t i, enum tess_err err)
{
    disk_read_done(self, i, err);
}

static void disk_capacity_done(struct self *self, uint64_t i, enum tess_err err, uint64_t sectors)
{
    (void)sectors;
    disk_read_done(self, i, err);
}

static int run(struct self *self)
{
    self->random = 11;
    for (;; self->turns++) {
        for (uint64_t i = random_below(self, 8); i > 0; i--) {
            switch (random_below(self, 4)) {
            case 0:
                (void)disk_read_start(self, i, random_below(self, 64), 8, random_below(self, 4096));
                break;
            case 1:
                scribble(self);
                break;
            default:
                forge(self);
            }
        }
        (void)tess_signal(disk_0_queue_.at->wake);
        comp_sleep_until(tess_deadline_ns(random_below(self, 20000)));
    }
    return 0;
}
