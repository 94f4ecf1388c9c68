/*
 * Everything a client can do to its server: indices, records, what they say and where they point, what is lent, signals, and frames
 * of all kinds, also in the name of others.
 */
#include <comp/sleep.h>

#include "../../../drivers/net_virtio/test/pattern.h"
#include "NetVandal.h"

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
        return random % 0x10000;
    case 2:
        return random;
    case 3:
        return -(random % 4096);
    default:
        return random >> random % 64;
    }
}

static void scribble(struct self *self, const struct comp_queue_at *at)
{
    volatile uint64_t *page;

    switch (random_below(self, 6)) {
    case 0: /* head of the requests, and the generation */
        page = (volatile uint64_t *)at->request + random_below(self, 2);
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
static void forge(struct self *self, const struct comp_queue_at *at)
{
    volatile uint64_t *head = (volatile uint64_t *)at->request;
    uint64_t index = *head & ~RING_FLAGS, words = random_below(self, 7);
    volatile uint64_t *record =
        (volatile uint64_t *)(at->request + RING_RECORDS_AT + index % COMP_QUEUE_REQUESTS);

    if (index % COMP_QUEUE_REQUESTS > COMP_QUEUE_REQUESTS - 128) {
        return;
    }
    record[0] = RING_WORD(random_below(self, 4), 8 * words);
    record[1] = index;
    for (uint64_t i = 0; i < words; i++) {
        record[2 + i] = value(self);
    }
    record[2] |= head[1] << 32; /* the id begins with the generation */
    *head = index + RING_RECORD_BYTES(8 * words);
}

static void net_send_done(struct self *self, uint64_t i, enum tess_err err)
{
    (void)self, (void)i, (void)err;
}

static void net_address_done(struct self *self, uint64_t i, enum tess_err err, uint64_t mac)
{
    (void)self, (void)i, (void)err, (void)mac;
}

static void net_link_done(struct self *self, uint64_t i, enum tess_err err, bool up)
{
    (void)self, (void)i, (void)err, (void)up;
}

static void frames_receive_done(struct self *self, uint64_t i, enum tess_err err, uint32_t n)
{
    (void)self, (void)i, (void)err, (void)n;
}

static void mischief(struct self *self)
{
    const struct comp_queue_at *at = random_below(self, 2) ? net_0_queue_.at : frames_0_queue_.at;
    uint64_t n = random_below(self, 2000), offset = random_below(self, 4096);

    switch (random_below(self, 5)) {
    case 0:
        (void)net_send_start(self, 0, (uint32_t)n, offset);
        break;
    case 1:
        (void)frames_receive_start(self, 0, (uint32_t)n, offset);
        break;
    case 2:
        scribble(self, at);
        break;
    default:
        forge(self, at);
    }
    (void)tess_signal(at->wake);
}

static int run(struct self *self)
{
    self->random = 11;
    for (;; self->turns++) {
        for (uint64_t i = random_below(self, 8); i > 0; i--) {
            mischief(self);
        }
        comp_sleep_until(tess_deadline_ns(random_below(self, 20000)));
    }
    return 0;
}
