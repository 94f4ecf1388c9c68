/* Cuts the power of the card again and again, while requests go to and fro; answers must stop, and come again. */
#include <stdio.h>

#include <comp/sleep.h>

#include "SlotHand.h"

enum { ROUNDS = 5, WAIT_MS = 150 };

struct self {
    uint32_t good;
};

static uint64_t answered_in(struct self *self, uint32_t ms)
{
    uint64_t before = stats(self)->answered;

    comp_sleep_until(tess_deadline_ns(ms * 1000000ull));
    return stats(self)->answered - before;
}

static int run(struct self *self)
{
    struct domain_info driver = { 0 };
    uint32_t number = 0;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        bool is_gone;

        take_emit(self);
        (void)answered_in(self, WAIT_MS);
        is_gone = answered_in(self, 10) == 0;
        give_emit(self);
        (void)answered_in(self, WAIT_MS);
        stats(self)->killed_at = tess_now(); /* the asker wants to hear of something */
        self->good += is_gone && answered_in(self, 10) > 0;
    }
    printf("hand: %u of %u times, the card went and came\n", (unsigned)self->good, ROUNDS);
    (void)supervisor_find(self, "there", &number);
    if (supervisor_domain(self, number, &driver) == TESS_OK) {
        printf("hand: the driver has failed %u times\n", (unsigned)driver.failures);
    }
    finish_emit(self);
    return 0;
}
