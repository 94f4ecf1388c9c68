/*
 * Asks for the time every 50 us, and has an alarm set for the next second.  Time and alarm are compared with the processor's counter:
 * on the machine of the campaign both clocks are driven by the virtual clock.  A time that cannot be is asked for again.
 */
#include <comp/sleep.h>
#include <plausible/ask.h>

#include "FaultClockLoad.h"

#define TURNS 100u /* calls between two alarms that are set anew */
#define LATE  1u   /* seconds that an alarm may be late */

struct self {
    uint64_t base; /* seconds when the counter was 0 */
    uint64_t due;  /* of the alarm; 0: none */
    uint64_t turns;
    struct plausible_asked asked;
    struct plausible_clock clock;
};

static uint64_t second(void)
{
    return tess_ns_of_ticks(tess_now()) / 1000000000;
}

/* One that comes too early is allowed: a restart. */
static void clock_rang_handle(struct self *self)
{
    if (self->due && self->base + second() + 1 >= self->due) {
        self->due = 0;
    }
}

static enum tess_err now(struct self *self, uint64_t *seconds)
{
    return plausible_now(&self->asked, &self->clock, self, clock_now, clock_watch(), seconds);
}

static void count(struct self *self, enum tess_err err)
{
    volatile struct load_report *r = report(self);

    r->at[r->completed % 1024] = tess_now();
    r->completed++;
    if (err) {
        r->failed++;
        r->error = err;
    }
}

/* A call during which a second began may say the one or the other. */
static void ask(struct self *self)
{
    uint64_t seconds = 0, before = self->base + second();
    enum tess_err err = now(self, &seconds);

    count(self, err);
    if (!err && (seconds + 1 < before || seconds > self->base + second() + 1)) {
        report(self)->wrong++;
    }
}

static void wake_me(struct self *self)
{
    uint64_t now = self->base + second();

    if (self->due && now > self->due + LATE + 1) {
        report(self)->stale++; /* it was promised, and does not ring */
        self->due = 0;
    }
    if (!self->due && self->turns++ % TURNS == 0) {
        self->due = now + 1;
        count(self, clock_alarm(self, self->due));
    }
}

static int run(struct self *self)
{
    uint64_t seconds = 0;

    while (now(self, &seconds) != TESS_OK) {
    }
    self->base = seconds - second();
    for (;;) {
        ask(self);
        wake_me(self);
        report(self)->verified = report(self)->orders;
        comp_sleep_until(tess_deadline_ns(50000));
    }
    return 0;
}
