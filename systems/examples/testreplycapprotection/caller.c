/* Queues at the receiver when told to. */
#include "Caller.h"

struct self {
};

static int run(struct self *self)
{
    p_wait(self);
    return t_switch_to(self);
}
