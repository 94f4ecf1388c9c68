/* Sends every 10 ms, and says what it heard and how often the card was restarted. */
#include <stdio.h>

#include <comp/sleep.h>

#include "NetHearer.h"
#include "station.h"

#define TURNS 800u

struct self {
    struct station station;
    uint32_t heard;
};

static struct station *station(struct self *self)
{
    return &self->station;
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    (void)frame;
    (void)n;
    station_heard(self);
    self->heard++;
}

static int run(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t card;

    (void)station_open(self);
    for (uint32_t i = 0; i < TURNS; i++) {
        uint8_t *frame = station_room(self);

        if (frame) {
            pattern_fill(frame, ETHER_BROADCAST, self->station.address,
                         &(struct pattern_head){ i, ETHER_FRAME_MIN, ONE_WAY });
            (void)station_send(self, frame, ETHER_FRAME_MIN);
        }
        comp_sleep_until(tess_deadline_ns(10000000));
    }
    (void)supervisor_find(self, CARD, &card);
    (void)supervisor_domain(self, card, &info);
    printf("%s: %s; %u restarts, at %u of %u\n", CARD, self->heard ? "heard" : "silence",
           (unsigned)info.failures, (unsigned)(TURNS - self->heard) / 50 * 50, TURNS);
    over_emit(self);
    return 0;
}
