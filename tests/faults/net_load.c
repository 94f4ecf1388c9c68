/*
 * Sends requests, several at once, each again and again until it is answered: frames may be lost.  A frame that is not what somebody has
 * sent is dropped, as a protocol with checksums does; a request that is never answered is a failure.  All is verified when all that was asked before that was
 * ordered has been answered.
 */
#include <comp/sleep.h>

#include "FaultNetLoad.h"
#include "../../drivers/net_virtio/test/station.h"

#define WINDOW   8u
#define AGAIN_NS 1000000u    /* so long one waits for an answer at first, then twice as long */
#define SELDOM   64u         /* times that, at most */
#define NEVER_NS 6000000000u /* after that there is none */

struct self {
    struct station station;
    uint64_t random;
    uint32_t numbers;
    uint32_t number[WINDOW]; /* that waits for its answer; 0: none */
    uint16_t bytes[WINDOW];
    uint64_t begun_at[WINDOW], asked_at[WINDOW];
    uint32_t patience[WINDOW]; /* times AGAIN_NS */
    uint64_t order;
    uint32_t due; /* bit i: request i was asked before it */
};

static struct station *station(struct self *self)
{
    return &self->station;
}

static void ask(struct self *self, uint32_t i)
{
    uint8_t *frame = station_room(self);
    const struct pattern_head h = { self->number[i], self->bytes[i], REQUEST };

    if (frame) {
        pattern_fill(frame, ETHER_BROADCAST, self->station.address, &h);
        (void)station_send(self, frame, h.bytes);
    }
    self->asked_at[i] = tess_now();
}

static void next(struct self *self, uint32_t i)
{
    uint64_t random = tess_random(&self->random);

    self->number[i] = ++self->numbers;
    self->bytes[i] = (uint16_t)(PATTERN_MIN + random % (ETHER_FRAME_MAX + 1 - PATTERN_MIN));
    self->begun_at[i] = tess_now();
    self->patience[i] = 1;
    ask(self, i);
}

static void completed(struct self *self, uint32_t i, bool is_answered)
{
    volatile struct load_report *r = report(self);

    r->at[r->completed % 1024] = tess_now();
    r->completed++;
    r->failed += !is_answered;
    self->due &= ~(1u << i);
    next(self, i);
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    struct pattern_head h;

    if (!pattern_is(frame, n, self->station.address, &h) || h.kind != ANSWER) {
        return;
    }
    for (uint32_t i = 0; i < WINDOW; i++) {
        if (self->number[i] == h.number) {
            report(self)->wrong += self->bytes[i] != h.bytes;
            station_heard(self);
            completed(self, i, true);
            return;
        }
    }
    report(self)->wrong += h.number > self->numbers; /* others come twice */
}

static void ask_again(struct self *self)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        if (tess_now() - self->begun_at[i] > tess_ticks_of_ns(NEVER_NS)) {
            completed(self, i, false);
        } else if (tess_now() - self->asked_at[i] >
                   self->patience[i] * tess_ticks_of_ns(AGAIN_NS)) {
            self->patience[i] = self->patience[i] < SELDOM ? 2 * self->patience[i] : SELDOM;
            ask(self, i);
        }
    }
}

static void obey(struct self *self)
{
    if (self->order != report(self)->orders) {
        self->order = report(self)->orders;
        self->due = (1u << WINDOW) - 1;
    }
    if (!self->due) {
        report(self)->verified = self->order;
    }
}

static int run(struct self *self)
{
    report(self)->failed += station_open(self) != TESS_OK;
    self->random = 1;
    for (uint32_t i = 0; i < WINDOW; i++) {
        next(self, i);
    }
    for (;;) {
        comp_sleep_until(tess_deadline_ns(200000));
        station_repost(self);
        ask_again(self);
        obey(self);
    }
    return 0;
}
