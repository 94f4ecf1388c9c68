/*
 * Sends a frame of every size and takes those of the other end: each must come once, and whole.  Not in order: QEMU's hub lets frames
 * overtake those that wait for a buffer.
 */
#include <stdio.h>

#include <comp/sleep.h>

#include "NetSizes.h"
#include "station.h"

#define SIZES (ETHER_FRAME_MAX + 1 - PATTERN_MIN)

struct self {
    struct station station;
    uint32_t different; /* sizes that came */
    bool has_come[ETHER_FRAME_MAX + 1];
    uint32_t wrong;
};

static struct station *station(struct self *self)
{
    return &self->station;
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    struct pattern_head h;

    if (!pattern_is(frame, n, self->station.address, &h) || h.kind != ONE_WAY ||
        (n > ETHER_FRAME_MIN && h.bytes != n) || h.number != h.bytes || self->has_come[h.bytes]) {
        self->wrong++;
        return;
    }
    station_heard(self);
    self->has_come[h.bytes] = true;
    self->different++;
}

static bool send(struct self *self, uint32_t n)
{
    uint8_t *frame = station_room(self);

    if (!frame) {
        return false;
    }
    pattern_fill(frame, ETHER_BROADCAST, self->station.address,
                 &(struct pattern_head){ n, (uint16_t)n, ONE_WAY });
    return station_send(self, frame, n) == TESS_OK;
}

static int run(struct self *self)
{
    uint64_t deadline = tess_deadline_ns(2000000000);
    bool up = false;

    if (station_open(self) != TESS_OK || net_link(self, &up) != TESS_OK || !up) {
        printf("FAILED to open\n");
    }
    comp_sleep_until(tess_deadline_ns(5000000)); /* the other end is ready, too */
    for (uint32_t n = PATTERN_MIN; n <= ETHER_FRAME_MAX;) {
        if (send(self, n)) {
            n++;
        } else {
            comp_sleep_until(tess_deadline_ns(20000));
        }
    }
    while ((self->different < SIZES || self->station.sending) && tess_now() < deadline) {
        comp_sleep_until(tess_deadline_ns(100000));
    }
    printf("%s: %u sizes received, %u wrong, %u not sent\n", SELF_PATH, (unsigned)self->different,
           (unsigned)self->wrong, (unsigned)self->station.failed);
    over_emit(self);
    return 0;
}
