#include "SlowIommu.h"

#define ORDERS(self)  iommu_orders(self)
#define ANSWERS(self) iommu_answers(self)
#define OPEN          iommu_open
#define EARLY         iommu_early
#define DEAF          iommu_deaf
#define CRASH         iommu_crash
#define answered      iommu_answered

/* It opens last. */
static void check_order(struct self *self, uint32_t function, bool open)
{
    show(self)->iommu_order += open && !show(self)->bus_open[function];
}

#include "slow_gate.h"

static void report(struct self *self)
{
    volatile struct gate_answers *a = iommu_answers(self);

    for (; show(self)->fault; show(self)->fault--) {
        a->fault[a->faults % GATE_FAULTS] =
            (struct gate_fault){ show(self)->fault_address, show(self)->fault_function, 0x10 };
        a->faults++;
        show(self)->reported++;
        iommu_answered(self);
    }
}

void init(struct self *self)
{
    start(self);
}

int run(struct self *self)
{
    while (true) {
        report(self);
        look(self);
        comp_sleep_until(tess_deadline_ns(STEP_NS));
    }
    return 0;
}

static void iommu_handle(struct self *self)
{
    handle(self);
}
