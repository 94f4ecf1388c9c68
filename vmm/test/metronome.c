/* Beats in time, whatever guests do; see parts.adl. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Metronome.h"

struct self {
    int nothing;
};

static int run(struct self *self)
{
    uint64_t next = tess_now(), missed = 0, worst = 0;

    (void)self;
    for (uint32_t i = 0; i < BEATS; i++) {
        next += tess_ticks_of_ns(PERIOD_US * 1000ull);
        comp_sleep_until(next);
        uint64_t late = tess_ns_of_ticks(tess_now() - next) / 1000;
        worst = late > worst ? late : worst;
        missed += late > LATE_US;
    }
    printf("metronome: %u beats, latest by %lu us\n", (unsigned)BEATS, (unsigned long)worst);
    printf("metronome: %s\n", missed ? "FAILED" : "ok");
    return 0;
}
