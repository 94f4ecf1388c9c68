/* Emits for ever, when nobody else has anything to do. */
#include "Periodic.h"

struct self {
};

static int run(struct self *self)
{
    for (;;) {
        ready_emit(self);
    }
    return 0;
}
