/* Sends numbered frames through a bad network, and counts what arrives at its other end. */
#include <stdio.h>

#include <comp/sleep.h>

#include "FaultNetClient.h"

#include "../../net_virtio/test/station.h"

#define FRAMES   200u /* of each kind of fault */
#define BYTES    600u
#define LAST     16u /* without faults, behind them: so what was held back comes */
#define PAUSE_NS 50000u
#define ONE_IN   6u

struct self {
    struct station station;
    uint32_t first, next; /* numbers of this round */
    uint32_t largest;     /* that came */
    uint32_t came, wrong, twice, late;
    bool has_come[FRAMES + LAST];
};

static struct station *station(struct self *self)
{
    return &self->station;
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    struct pattern_head h;
    uint32_t i;

    if (!pattern_is(frame, n, self->station.address, &h) || h.number < self->first ||
        h.number >= self->next) {
        self->wrong++;
        return;
    }
    i = h.number - self->first;
    if (self->has_come[i]) {
        self->twice++;
        return;
    }
    station_heard(self);
    self->has_come[i] = true;
    self->came++;
    self->late += h.number < self->largest;
    self->largest = h.number > self->largest ? h.number : self->largest;
}

static void send(struct self *self)
{
    uint8_t *frame = station_room(self);

    if (!frame) {
        printf("FAILED: no room\n");
        return;
    }
    pattern_fill(frame, ETHER_BROADCAST, self->station.address,
                 &(struct pattern_head){ self->next++, BYTES, ONE_WAY });
    (void)station_send(self, frame, BYTES);
    comp_sleep_until(tess_deadline_ns(PAUSE_NS));
    station_repost(self);
}

static void round_of(struct self *self, const char *name, uint32_t bit)
{
    uint32_t done = (uint32_t)faults(self)->done[bit % 5], missing;
    bool is_right;

    self->first = self->next = self->next + 1;
    self->came = self->wrong = self->twice = self->late = self->largest = 0;
    memset(self->has_come, 0, sizeof self->has_come);
    faults(self)->one_in = ONE_IN;
    faults(self)->kinds = bit < 5 ? 1u << bit : 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        send(self);
    }
    faults(self)->kinds = 0;
    for (uint32_t i = 0; i < LAST; i++) {
        send(self);
    }
    comp_sleep_until(tess_deadline_ns(20 * PAUSE_NS));
    done = (uint32_t)faults(self)->done[bit % 5] - done;
    missing = FRAMES + LAST - self->came;
    is_right = missing == (bit == 0 || bit == 1 ? done : 0) &&
               self->wrong == (bit == 1 ? done : 0) && self->twice == (bit == 2 ? done : 0) &&
               self->late == (bit == 3 || bit == 4 ? done : 0);
    printf("net: %u faults, %u missing, %u damaged, %u twice, %u late\n", (unsigned)done,
           (unsigned)missing, (unsigned)self->wrong, (unsigned)self->twice, (unsigned)self->late);
    printf("%s: %s\n", name, is_right && (done || bit >= 5) ? "ok" : "FAILED");
}

static int run(struct self *self)
{
    bool up = false;

    if (station_open(self) != TESS_OK || net_link(self, &up) != TESS_OK || !up) {
        printf("FAILED to open\n");
    }
    comp_sleep_until(tess_deadline_ns(5000000)); /* the other end is ready, too */
    round_of(self, "none", 5);
    round_of(self, "lost", 0);
    round_of(self, "corrupt", 1);
    round_of(self, "twice", 2);
    round_of(self, "swapped", 3);
    round_of(self, "late", 4);
    round_of(self, "none again", 5);
    return 0;
}
