/* Only compiled. */
#include "Clock.h"

struct self {
};

static int run(struct self *self)
{
    tick_emit(self);
    return 0;
}
