/* Measures the throughput with and without a kill, then kills again and again, at any instruction. */
#include <stdio.h>

#include <comp/sleep.h>

#include "BlockKiller.h"
#include "pattern.h"

#define DRAIN_NS                                                                                   \
    400000u /* the load takes what was completed before the kill; less than the backoff */

struct self {
    uint64_t random;
    uint32_t victim; /* domain */
    uint32_t server; /* its server */
    uint32_t other;  /* victim */
};

static void kill_domain(struct self *self, uint32_t domain)
{
    if (supervisor_kill(self, domain) != TESS_OK) {
        printf("killer: FAILED to kill\n");
    }
}

/* Kills, and tells the load when.  Kill number i: are there two victims, one, the other, or both at once. */
static void kill(struct self *self, uint32_t i)
{
    uint64_t now = tess_now();

    if (*OTHER && i % 3 != 0) {
        kill_domain(self, self->other);
    }
    if (!*OTHER || i % 3 != 1) {
        kill_domain(self, self->victim);
    }
    comp_sleep_until(tess_deadline_ns(DRAIN_NS));
    stats(self)->killed_at = now;
}

/* Kills while the server of the victim is away. */
static void kill_in_outage(struct self *self, uint32_t i)
{
    if (supervisor_stop(self, self->server) != TESS_OK) {
        printf("killer: FAILED to stop the server\n");
    }
    kill(self, i);
    comp_sleep_until(tess_deadline_ns(tess_random(&self->random) % 2000000));
    if (supervisor_start(self, self->server) != TESS_OK) {
        printf("killer: FAILED to start the server\n");
    }
}

static void sleep_ms(uint64_t ms)
{
    comp_sleep_until(tess_deadline_ns(ms * 1000000));
}

static uint64_t completed_in_a_phase(struct self *self, bool has_kill)
{
    uint64_t before = stats(self)->completed, start = tess_now();

    if (has_kill) {
        sleep_ms(PHASE_MS / 2);
        kill(self, 0);
    }
    comp_sleep_until(start + tess_ticks_of_ns(PHASE_MS * 1000000ull));
    return stats(self)->completed - before;
}

static void compare_throughput(struct self *self)
{
    uint64_t with, without = completed_in_a_phase(self, false);

    with = completed_in_a_phase(self, true);
    printf("killer: %llu requests in %u ms, with one kill %llu\n", (unsigned long long)without,
           PHASE_MS, (unsigned long long)with);
    printf("killer: throughput %s\n", without && with * 10 >= without * 9 ? "ok" : "FAILED");
}

static int run(struct self *self)
{
    struct domain_info info = { 0 };

    self->random = SEED;
    if (supervisor_find(self, VICTIM, &self->victim) != TESS_OK) {
        printf("killer: FAILED to find the victim\n");
    }
    if (*SERVER && supervisor_find(self, SERVER, &self->server) != TESS_OK) {
        printf("killer: FAILED to find the server\n");
    }
    if (*OTHER && supervisor_find(self, OTHER, &self->other) != TESS_OK) {
        printf("killer: FAILED to find the other victim\n");
    }
    sleep_ms(20);
    if (PHASE_MS) {
        compare_throughput(self);
    }
    for (uint32_t i = 0; i < KILLS; i++) {
        if (*SERVER && i % 2) {
            kill_in_outage(self, i);
        } else {
            kill(self, i);
        }
        /* from the middle of the restart to long after it */
        comp_sleep_until(tess_deadline_ns(tess_random(&self->random) % 2000000));
    }
    sleep_ms(50);
    (void)supervisor_domain(self, self->victim, &info);
    printf("killer: %u failures of the victim\n", (unsigned)info.failures);
    finish_emit(self);
    return 0;
}
