/* The system is over when the round is. */
#include "Waiter.h"

struct self {
};

static int run(struct self *self)
{
    finished_wait(self);
    return 0;
}
