/*
 * Requests of all sizes, many at once; every byte that was asked for must be the device's, and no other byte may have changed.  What is not random is asked
 * for again.  The buffer is filled with one byte first; the device gives that as often as any other, so RUN of them in a row were not written, and fewer do not
 * show.
 */
#include <comp/sleep.h>
#include <plausible/ask.h>
#include <tess/random.h>

#include "FaultEntropyLoad.h"

#define ROOM  1024u
#define PARTS 16u
#define ROOMY (ROOM - PLAUSIBLE_SPARE)
#define MOST  512u /* bytes of a request */
#define RUN   4u   /* by chance once in some thousand boots */

struct self {
    uint64_t random;
    uint32_t outstanding;
    bool is_free[PARTS];
    uint32_t bytes[PARTS]; /* 0: none are asked for */
    struct plausible_asked asked[PARTS];
    struct plausible_random health;
};

_Static_assert(PARTS *ROOM <= ENTROPY_BUFFER_BYTES, "the parts fit");

static uint8_t *part(struct self *self, uint64_t i)
{
    return entropy_buffer(self) + i * ROOM;
}

/* As many as the device writes. */
static uint32_t asked_for(const struct self *self, uint64_t i)
{
    return self->bytes[i] ? self->bytes[i] + PLAUSIBLE_SPARE : 0;
}

static void ask(struct self *self, uint64_t i)
{
    plausible_random_prepare(part(self, i), ROOMY);
    self->is_free[i] = entropy_get_start(self, i, asked_for(self, i), i * ROOM) != TESS_OK;
    self->outstanding += !self->is_free[i];
}

static void next(struct self *self, uint64_t i)
{
    self->bytes[i] = (uint32_t)(tess_random(&self->random) >> 32) % (MOST + 1);
    if (self->bytes[i] % 4) {
        self->bytes[i] %= 64;
    }
    ask(self, i);
}

static void judge(struct self *self, uint64_t i)
{
    const uint8_t *at = part(self, i);
    uint32_t bad = 0, run = 0;

    for (uint32_t k = 0; k < self->bytes[i]; k++) {
        run = at[k] == PLAUSIBLE_FILL ? run + 1 : 0;
        bad += run >= RUN;
    }
    for (uint32_t k = asked_for(self, i); k < ROOM; k++) {
        bad += at[k] != PLAUSIBLE_FILL;
    }
    report(self)->wrong += bad != 0;
}

/* What was ordered is verified with each request; the order only waits until none is in flight. */
static bool is_ordered(struct self *self)
{
    return report(self)->orders != report(self)->verified;
}

static void entropy_get_done(struct self *self, uint64_t i, enum tess_err err)
{
    volatile struct load_report *r = report(self);

    self->outstanding--;
    if (self->bytes[i]) {
        err = plausible_got(&self->health, err, part(self, i), self->bytes[i]);
    }
    if (plausible_again(&self->asked[i], entropy_watch(), err)) {
        ask(self, i);
        return;
    }
    r->at[r->completed % 1024] = tess_now();
    r->completed++;
    if (err) {
        r->failed++;
        r->error = err;
    } else {
        judge(self, i);
    }
    self->is_free[i] = true;
    if (!is_ordered(self)) {
        next(self, i);
    }
}

static int run(struct self *self)
{
    self->random = 1;
    for (uint64_t i = 0; i < PARTS; i++) {
        self->is_free[i] = true;
    }
    for (;;) {
        if (is_ordered(self) && !self->outstanding) {
            report(self)->verified = report(self)->orders;
        }
        for (uint64_t i = 0; i < PARTS && !is_ordered(self); i++) {
            if (self->is_free[i]) {
                next(self, i);
            }
        }
        comp_sleep_until(tess_deadline_ns(2000000));
    }
    return 0;
}
