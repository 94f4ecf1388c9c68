/* Emits one event, then a lot of them. */
#include <stdio.h>

#include "Emitter.h"

struct self {
};

static int run(struct self *self)
{
    ev_emit(self);
    printf("starting to emit a lot...\n");
    for (unsigned i = 1; i <= 20000; i++) {
        ev_emit(self);
        if (i % 10000 == 0) {
            printf("still emitting\n");
        }
    }
    return 0;
}
