/* Sends a frame by a card that never says that it is sent. */
#include <stdio.h>

#include <tess/time.h>

#include "NetDeaf.h"

struct self {
    uint8_t frame[100];
};

static int run(struct self *self)
{
    uint64_t start = tess_now(), ms;
    enum tess_err err = net_send(self, sizeof self->frame, self->frame);

    ms = tess_ns_of_ticks(tess_now() - start) / 1000000;
    printf("deaf: the frame is %s after %s\n", err == TESS_POISON ? "given up" : "not given up",
           ms > 3000 && ms < 4000 ? "3 to 4 s" : "another time");
    return 0;
}
