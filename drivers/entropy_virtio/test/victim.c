/* A request to a device that gives nothing comes to an end. */
#include <stdio.h>

#include <tess/time.h>

#include "EntropyVictim.h"

struct self {
    uint8_t room[64];
};

static int run(struct self *self)
{
    uint64_t start = tess_now();
    enum tess_err err = entropy_get(self, sizeof self->room, self->room);

    printf("victim: error %u after %llu ms\n", (unsigned)err,
           (unsigned long long)(tess_ns_of_ticks(tess_now() - start) / 1000000));
    printf("victim: %s\n", err == TESS_POISON ? "ok" : "FAILED");
    return 0;
}
