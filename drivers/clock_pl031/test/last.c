/* The system is over when all three have finished. */
#include "Last.h"

struct self {
    char unused;
};

static int run(struct self *self)
{
    first_wait(self);
    second_wait(self);
    third_wait(self);
    return 0;
}
