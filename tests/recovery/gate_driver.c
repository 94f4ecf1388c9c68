/* The driver of a device behind gates: says that it starts. */
#include "GateDriver.h"

#include <comp/sleep.h>

struct self {
    uint32_t unused;
};

void init(struct self *self)
{
    show(self)->starts[WHICH]++;
}

enum tess_err hold_hold(struct self *self)
{
    (void)self;
    while (true) {
        comp_sleep_until(tess_deadline_ns(1000000000));
    }
    return TESS_OK;
}

enum tess_err hold_generation(struct self *self, uint32_t *starts)
{
    *starts = show(self)->starts[WHICH];
    return TESS_OK;
}
