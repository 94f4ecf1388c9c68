/* Answers requests. */
#include <comp/sleep.h>

#include "FaultNetEcho.h"
#include "../../drivers/net_virtio/test/station.h"

struct self {
    struct station station;
};

static struct station *station(struct self *self)
{
    return &self->station;
}

/* Nobody is told if there is no room to answer now: the request is made again. */
static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    struct pattern_head h;
    uint8_t *answer = station_room(self);

    if (pattern_is(frame, n, self->station.address, &h) && h.kind == REQUEST && answer) {
        station_heard(self);
        h.kind = ANSWER;
        pattern_fill(answer, ether_source(frame), self->station.address, &h);
        (void)station_send(self, answer, h.bytes);
    }
}

static int run(struct self *self)
{
    if (station_open(self) != TESS_OK) {
        return 1;
    }
    for (;;) {
        comp_sleep_until(tess_deadline_ns(1000000));
        station_repost(self);
    }
    return 0;
}
