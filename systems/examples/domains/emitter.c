/* Emits a hundred thousand events. */
#include <stdio.h>

#include "Emitter.h"

struct self {
};

static int run(struct self *self)
{
    printf("starting to emit events...\n");
    for (unsigned i = 1; i <= 100000; i++) {
        ev_emit(self);
        if (i % 10000 == 0) {
            printf("still emitting events (%u)...\n", i);
        }
    }
    printf("done emitting events\n");
    return 0;
}
