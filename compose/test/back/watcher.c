/* Only compiled. */
#include "Watcher.h"

struct self {
    uint64_t seen;
};

static void tick_handle(struct self *self)
{
    self->seen = stats(self)->packets + area(self)[0];
}
