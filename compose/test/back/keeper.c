/* A gate of both kinds: says at once that it has done what it was told. */
#include "Keeper.h"

struct self {
    uint32_t orders;
};

static void answer(const volatile struct gate_orders *orders, volatile struct gate_answers *answers)
{
    for (uint32_t i = 0; i < orders->count && i < GATE_FUNCTIONS; i++) {
        answers->done[i] = orders->function[i].order;
    }
}

static void iommu_handle(struct self *self)
{
    self->orders++;
    answer(iommu_orders(self), iommu_answers(self));
    iommu_answered(self);
}

static void bus_handle(struct self *self)
{
    self->orders++;
    answer(bus_orders(self), bus_answers(self));
    bus_answered(self);
}
