#include "SlowBus.h"

#define ORDERS(self)  bus_orders(self)
#define ANSWERS(self) bus_answers(self)
#define OPEN          bus_open
#define EARLY         bus_early
#define DEAF          bus_deaf
#define CRASH         bus_crash
#define answered      bus_answered

/* It closes last. */
static void check_order(struct self *self, uint32_t function, bool open)
{
    show(self)->bus_order += !open && show(self)->iommu_open[function];
}

#include "slow_gate.h"

void init(struct self *self)
{
    start(self);
}

int run(struct self *self)
{
    while (true) {
        look(self);
        comp_sleep_until(tess_deadline_ns(STEP_NS));
    }
    return 0;
}

static void bus_handle(struct self *self)
{
    handle(self);
}
