/* Measures the throughput with and without a kill, then kills some in turn, at any instruction. */
#include <stdio.h>

#include <comp/sleep.h>

#include "NetKiller.h"
#include "pattern.h"

#define DRAIN_NS 400000u /* what was received before the kill is taken; less than the backoff */

struct self {
    uint64_t random;
    uint32_t victim[3]; /* domains */
    uint32_t victims;
};

static void find(struct self *self, const char *name)
{
    if (*name && supervisor_find(self, name, &self->victim[self->victims++]) != TESS_OK) {
        printf("killer: FAILED to find %s\n", name);
    }
}

/* Kills, and tells the asker when. */
static void kill(struct self *self, uint32_t which)
{
    uint64_t now = tess_now();

    if (supervisor_kill(self, self->victim[which]) != TESS_OK) {
        printf("killer: FAILED to kill\n");
    }
    comp_sleep_until(tess_deadline_ns(DRAIN_NS));
    stats(self)->killed_at = now;
}

static uint64_t answered_in_a_phase(struct self *self, bool has_kill)
{
    uint64_t before = stats(self)->answered, start = tess_now();

    if (has_kill) {
        comp_sleep_until(start + tess_ticks_of_ns(PHASE_MS * 500000ull));
        kill(self, 0);
    }
    comp_sleep_until(start + tess_ticks_of_ns(PHASE_MS * 1000000ull));
    return stats(self)->answered - before;
}

static void compare_throughput(struct self *self)
{
    uint64_t with, without = answered_in_a_phase(self, false);

    with = answered_in_a_phase(self, true);
    printf("killer: %llu answers in %u ms, with one kill %llu\n", (unsigned long long)without,
           PHASE_MS, (unsigned long long)with);
    printf("killer: throughput %s\n", without && with * 100 >= without * 95 ? "ok" : "FAILED");
}

static int run(struct self *self)
{
    struct domain_info info = { 0 };

    self->random = SEED;
    find(self, FIRST);
    find(self, SECOND);
    find(self, THIRD);
    comp_sleep_until(tess_deadline_ns(20000000));
    if (PHASE_MS) {
        compare_throughput(self);
    }
    for (uint32_t i = 0; i < KILLS; i++) {
        kill(self, i % self->victims);
        /* from the middle of the restart to long after it */
        comp_sleep_until(tess_deadline_ns(tess_random(&self->random) % 2000000));
    }
    comp_sleep_until(tess_deadline_ns(50000000));
    for (uint32_t i = 0; i < self->victims; i++) {
        (void)supervisor_domain(self, self->victim[i], &info);
        printf("killer: %u failures of %s\n", (unsigned)info.failures, (const char *)info.name);
    }
    finish_emit(self);
    return 0;
}
