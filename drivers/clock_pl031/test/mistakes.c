/* Alarms that cannot be, that are switched off, replaced, or in the past. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Mistakes.h"

#define YEAR_2000 946684800u /* seconds */

struct self {
    uint32_t rings, wrong;
};

static void clock_rang_handle(struct self *self)
{
    self->rings++;
}

/* After so many seconds the alarm has rung so many times. */
static void expect(struct self *self, uint64_t seconds, uint32_t rings)
{
    comp_sleep_until(tess_deadline_ns(seconds * 1000000000ull));
    if (self->rings != rings) {
        printf("mistakes: FAILED: %u rings, not %u\n", (unsigned)self->rings, (unsigned)rings);
        self->wrong++;
    }
    self->rings = 0;
}

static void set(struct self *self, uint64_t seconds, enum tess_err wanted)
{
    enum tess_err err = clock_alarm(self, seconds);

    if (err != wanted) {
        printf("mistakes: FAILED: alarm at %llu gives %u\n", (unsigned long long)seconds,
               (unsigned)err);
        self->wrong++;
    }
}

static int run(struct self *self)
{
    uint64_t now = 0;

    if (clock_now(self, &now) != TESS_OK || now < YEAR_2000) {
        printf("mistakes: FAILED: it is %llu\n", (unsigned long long)now);
        self->wrong++;
    }
    set(self, UINT32_MAX + 1ull, TESS_RANGE);
    set(self, UINT64_MAX, TESS_RANGE);
    set(self, 1, TESS_OK);
    expect(self, 1, 1);
    set(self, now + 3, TESS_OK);
    set(self, 0, TESS_OK);
    expect(self, 4, 0);
    (void)clock_now(self, &now);
    set(self, UINT32_MAX, TESS_OK);
    set(self, now + 1, TESS_OK);
    set(self, now + 4, TESS_OK);
    expect(self, 3, 0);
    expect(self, 2, 1);
    printf("mistakes: %s\n", self->wrong ? "FAILED" : "ok");
    over_emit(self);
    return 0;
}
