/* PL031 real-time clock (Arm DDI 0224C, chapter 3): counts seconds, interrupts when they equal the match register. */
#include "Software.h"

enum {
    RTC_DR = 0x00,
    RTC_MR = 0x04,
    RTC_IMSC = 0x10,
    RTC_ICR = 0x1c,
};

struct self {
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

static void init(struct self *self)
{
    *reg(self, RTC_ICR) = 1;
    *reg(self, RTC_IMSC) = 1;
    *reg(self, RTC_MR) = *reg(self, RTC_DR) + 1;
}

static void e_handle(struct self *self)
{
    *reg(self, RTC_ICR) = 1;
    e_ack(self);
    interrupted_emit(self);
}
