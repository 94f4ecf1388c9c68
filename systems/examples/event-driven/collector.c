/* Waits for a hundred events. */
#include <stdio.h>

#include "Collector.h"

struct self {
};

static int run(struct self *self)
{
    unsigned events;

    for (events = 0; events < 100; events++) {
        ev_wait(self);
    }
    printf("Got %u events!\n", events);
    return 0;
}
