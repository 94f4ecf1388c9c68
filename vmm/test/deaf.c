/* Hears, and does nothing about it. */
#include "Deaf.h"

struct self {
    int nothing;
};

static void heard_handle(struct self *self)
{
    (void)self;
}
