#include "Clock.h"

struct self {
    uint32_t interrupts;
};

void irq_handle(struct self *self)
{
    self->interrupts++;
    irq_ack(self);
    tick_emit(self);
}
