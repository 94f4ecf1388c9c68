/* Reads the clock for a while: where it jumps, others have had the processor. */
#include <stdio.h>
#include <tess/time.h>

#include "Task.h"

enum {
    PERIODS = 5,
    GAP_NS = 100 * 1000, /* a longer one is a preemption */
};

struct self {
};

static uint64_t now_ns(void)
{
    return tess_ns_of_ticks(tess_now());
}

static int run(struct self *self)
{
    uint64_t start = now_ns(), last = start, lost = 0, share;

    while (last - start < PERIODS * (uint64_t)PERIOD_US * 1000) {
        uint64_t now = now_ns();

        lost += now - last > GAP_NS ? now - last : 0;
        last = now;
    }
    share = (last - start - lost) * 100 / (last - start);
    printf("[" SELF_PATH "] CPU utilization: %u%%\n", (unsigned)share);
    printf("[" SELF_PATH "] CPU utilization: within its budget: %s\n",
           share <= BUDGET_US * 120ull / PERIOD_US + 1 ? "yes" : "no");
    return 0;
}
