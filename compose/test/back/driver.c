/* Only compiled. */
#include "Driver.h"

struct self {
    uint64_t at;
};

static void init(struct self *self)
{
    self->at = pool_address(self) + POOL_BYTES;
    inflight(self)->sequence++;
    *(volatile uint32_t *)(regs(self) + REGS_BYTES - 4) = pool(self)[0];
}

static void irq_handle(struct self *self)
{
    stats(self)->packets++;
    area(self)[AREA_BYTES - 1] = 1;
    irq_ack(self);
}
