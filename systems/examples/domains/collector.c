/* Gets a few of the events: those between two of its turns are one. */
#include <stdio.h>

#include "Collector.h"

struct self {
    unsigned events;
};

static void init(struct self *self)
{
    printf("Waiting for an event\n");
}

static void ev_handle(struct self *self)
{
    if (self->events++ < 3) {
        printf("event_callback: Got an event\n");
        printf("event_callback: Register for another event\n");
    }
}
