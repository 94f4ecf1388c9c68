/* PL031 real-time clock (Arm DDI 0224C, chapter 3): counts seconds, interrupts when they equal the match register. */
#include <stdio.h>

#include "Driver.h"

enum {
    RTC_DR = 0x00,
    RTC_MR = 0x04,
    RTC_IMSC = 0x10,
    RTC_ICR = 0x1c,
};

struct self {
    unsigned count;
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(mem(self) + offset);
}

static void start(struct self *self)
{
    *reg(self, RTC_ICR) = 1;
    *reg(self, RTC_MR) = *reg(self, RTC_DR) + 1;
    *reg(self, RTC_IMSC) = 1;
}

static void init(struct self *self)
{
    printf("EPIT init\n");
    start(self);
}

static void irq_handle(struct self *self)
{
    start(self);
    irq_ack(self);
    printf("EPIT time out...%u\n", self->count++);
    second_emit(self);
}
