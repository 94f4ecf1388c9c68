/* Sets an alarm, waits for it, looks at the time, again and again. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/random.h>

#include "Sleeper.h"

#define LATE 1u /* seconds that an alarm may be late */

struct self {
    uint64_t random, last;
    uint32_t rings, early, late, failed;
};

static void clock_rang_handle(struct self *self)
{
    self->rings++;
}

/* A call that two kills met gives POISON. */
static uint64_t now(struct self *self)
{
    uint64_t seconds = 0;
    enum tess_err err;

    do {
        err = clock_now(self, &seconds);
    } while (err == TESS_POISON);
    self->failed += err != TESS_OK || seconds < self->last;
    self->last = seconds;
    return seconds;
}

static void set(struct self *self, uint64_t due)
{
    enum tess_err err;

    do {
        err = clock_alarm(self, due);
    } while (err == TESS_POISON);
    self->failed += err != TESS_OK;
}

/* Waits until it rings; false: it does not. */
static bool wait_ring(struct self *self, uint32_t before)
{
    uint64_t limit = tess_deadline_ns((MOST + 3) * 1000000000ull);

    while (self->rings == before && tess_now() < limit) {
        comp_sleep_until(tess_deadline_ns(1000000));
        (void)now(self);
    }
    return self->rings != before;
}

static void sleep_until(struct self *self, uint64_t due)
{
    uint32_t before = self->rings;
    bool rang;

    set(self, due);
    while ((rang = wait_ring(self, before)) && now(self) < due) {
        self->early++;
        before++;
    }
    self->late += !rang || now(self) > due + LATE;
}

static int run(struct self *self)
{
    uint64_t start = now(self);

    self->random = SEED;
    for (uint32_t i = 0; i < ALARMS; i++) {
        sleep_until(self, now(self) + tess_random(&self->random) % MOST + 1);
    }
    printf("%s: %u alarms in %llu s, %u early, %u late, %u calls failed\n", SELF_PATH,
           (unsigned)ALARMS, (unsigned long long)(now(self) - start), (unsigned)self->early,
           (unsigned)self->late, (unsigned)self->failed);
    printf("%s: %s\n", SELF_PATH,
           self->late || self->failed || self->early > EARLY ? "FAILED" : "ok");
    over_emit(self);
    return 0;
}
