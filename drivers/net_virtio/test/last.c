/* The test is over when both ends are. */
#include "NetLast.h"

struct self {
    char unused;
};

static int run(struct self *self)
{
    a_wait(self);
    b_wait(self);
    return 0;
}
