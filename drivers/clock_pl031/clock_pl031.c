/*
 * PL031 real-time clock (Arm DDI 0224C, chapter 3): a counter of seconds, and an interrupt when it equals the match register.  The driver
 * sets that to the earliest alarm.
 *
 * Alarms are in kept memory, and nothing there can be wrong: an alarm is removed after it was told, so what a killed driver
 * leaves behind rings again at worst, and so does a time that the clock cannot show.
 */
#include "ClockPl031.h"

enum { /* byte offsets, DDI 0224C table 3-1 */
       RTC_DR = 0x00,
       RTC_MR = 0x04,
       RTC_CR = 0x0c,
       RTC_IMSC = 0x10,
       RTC_ICR = 0x1c,
};

#define CR_START 1u /* runs; writing it to a clock that runs does nothing */
#define INT_RTC  1u

struct self {
    char unused;
};

_Static_assert(sizeof(struct clock_alarms) == CLOCK_COUNT * sizeof(uint64_t),
               "an alarm for each element");

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

/* Tell those whose time has come; returns the earliest of the others, 0: there is none. */
static uint32_t ring(struct self *self, uint32_t now)
{
    struct clock_alarms *all = alarms(self);
    uint32_t next = 0;

    for (uint32_t i = 0; i < CLOCK_COUNT; i++) {
        uint64_t due = all->due[i];

        if (due == 0) {
            continue;
        }
        if (due <= now || due > UINT32_MAX) {
            clock_rang_emit(self, i);
            *(volatile uint64_t *)&all->due[i] = 0;
        } else if (next == 0 || due < next) {
            next = (uint32_t)due;
        }
    }
    return next;
}

/* A time that has passed while it was written to the match register would never match. */
static void update(struct self *self)
{
    uint32_t next;

    while ((next = ring(self, *reg(self, RTC_DR))) != 0) {
        *reg(self, RTC_MR) = next;
        if (*reg(self, RTC_DR) < next) {
            return;
        }
    }
}

static void init(struct self *self)
{
    *reg(self, RTC_CR) = CR_START;
    *reg(self, RTC_ICR) = INT_RTC;
    *reg(self, RTC_IMSC) = INT_RTC;
    update(self);
    irq_ack(self);
}

static void irq_handle(struct self *self)
{
    *reg(self, RTC_ICR) = INT_RTC;
    irq_ack(self);
    update(self);
}

static enum tess_err clock_now(struct self *self, uint32_t element, uint64_t *seconds)
{
    (void)element;
    *seconds = *reg(self, RTC_DR);
    return TESS_OK;
}

static enum tess_err clock_alarm(struct self *self, uint32_t element, uint64_t seconds)
{
    if (seconds > UINT32_MAX) {
        return TESS_RANGE;
    }
    *(volatile uint64_t *)&alarms(self)->due[element] = seconds;
    update(self);
    return TESS_OK;
}
