/* A timer on a PL031 real-time clock (Arm DDI 0224C, chapter 3), which counts seconds and interrupts at a match. */
#include <tess/time.h>

#include "TimeServer.h"

#define SECOND 1000000000ull

enum {
    RTC_DR = 0x00,
    RTC_MR = 0x04,
    RTC_IMSC = 0x10,
    RTC_ICR = 0x1c,
};

struct self {
    uint32_t zero;   /* what the clock showed when time was 0 */
    uint32_t due;    /* on the clock; 0: off */
    uint32_t period; /* seconds; 0: once */
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

static uint64_t now_ns(void)
{
    return tess_ns_of_ticks(tess_now());
}

static void init(struct self *self)
{
    self->zero = *reg(self, RTC_DR) - (uint32_t)(now_ns() / SECOND);
    *reg(self, RTC_ICR) = 1;
    *reg(self, RTC_IMSC) = 1;
}

/* Emit if it is time, set the clock for the next time.  A time in the past would never match. */
static void update(struct self *self)
{
    for (;;) {
        uint32_t now;

        *reg(self, RTC_MR) = self->due;
        now = *reg(self, RTC_DR);
        if (!self->due || self->due > now) {
            return;
        }
        timeout_emit(self);
        self->due = self->period ? now + self->period : 0;
    }
}

static void irq_handle(struct self *self)
{
    *reg(self, RTC_ICR) = 1;
    irq_ack(self);
    update(self);
}

static enum tess_err set(struct self *self, uint64_t due_ns, uint64_t period_ns)
{
    uint64_t due = (due_ns + SECOND - 1) / SECOND, period = (period_ns + SECOND - 1) / SECOND;

    if (due_ns > UINT32_MAX / 2 * SECOND || period_ns > UINT32_MAX / 2 * SECOND) {
        return TESS_RANGE;
    }
    self->due = self->zero + (uint32_t)due + 1; /* the clock may be nearly a second ahead */
    self->period = (uint32_t)period;
    update(self);
    return TESS_OK;
}

static enum tess_err timer_time(struct self *self, uint64_t *ns)
{
    *ns = now_ns();
    return TESS_OK;
}

static enum tess_err timer_periodic(struct self *self, uint64_t ns)
{
    return ns > UINT32_MAX * SECOND ? TESS_RANGE : set(self, now_ns() + ns, ns);
}

static enum tess_err timer_oneshot_relative(struct self *self, uint64_t ns)
{
    return ns > UINT32_MAX * SECOND ? TESS_RANGE : set(self, now_ns() + ns, 0);
}

static enum tess_err timer_oneshot_absolute(struct self *self, uint64_t ns)
{
    return set(self, ns, 0);
}

static enum tess_err timer_stop(struct self *self)
{
    self->due = 0;
    return TESS_OK;
}
