/* Emits for ever. */
#include "Emitter.h"

struct self {
};

static int run(struct self *self)
{
    for (;;) {
        ev_emit(self);
    }
    return 0;
}
