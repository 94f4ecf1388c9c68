/* Sends requests, several at once, each again and again until it is answered. */
#include <stdio.h>
#include <stdlib.h>

#include <comp/sleep.h>

#include "NetAsker.h"
#include "station.h"

#define WINDOW   8u
#define AGAIN_NS 1000000u /* so long one waits for an answer */

struct self {
    struct station station;
    uint64_t random;
    uint32_t numbers;        /* requests so far */
    uint32_t number[WINDOW]; /* that waits for its answer; 0: none */
    uint16_t bytes[WINDOW];
    uint64_t asked_at[WINDOW];
    uint64_t answered, again,
        late; /* again: requests that were made again; late: answers that came twice */
    bool is_over;
};

static struct station *station(struct self *self)
{
    return &self->station;
}

/* To whoever is on the wire. */
static void ask(struct self *self, uint32_t i)
{
    uint8_t *frame = station_room(self);
    const struct pattern_head h = { self->number[i], self->bytes[i], REQUEST };

    if (frame) {
        pattern_fill(frame, ETHER_BROADCAST, self->station.address, &h);
        (void)station_send(self, frame, h.bytes);
    }
    self->asked_at[i] = tess_now();
}

static void next(struct self *self, uint32_t i)
{
    uint64_t random = tess_random(&self->random);

    self->number[i] = self->is_over ? 0 : ++self->numbers;
    self->bytes[i] =
        (uint16_t)(FRAME ? FRAME : PATTERN_MIN + random % (ETHER_FRAME_MAX + 1 - PATTERN_MIN));
    if (self->number[i]) {
        ask(self, i);
    }
}

static void note_recovery(struct self *self)
{
    volatile struct net_stats *s = stats(self);
    uint64_t killed_at = s->killed_at;

    if (killed_at) {
        s->recovery_us[s->recoveries++ % 1024] =
            (uint32_t)(tess_ns_of_ticks(tess_now() - killed_at) / 1000);
        s->killed_at = 0;
    }
}

static void station_take(struct self *self, const uint8_t *frame, uint32_t n)
{
    struct pattern_head h;

    if (!pattern_is(frame, n, self->station.address, &h)) {
        stats(self)->wrong++;
        return;
    }
    if (h.kind == REQUEST) {
        return; /* of another station, to all */
    }
    stats(self)->wrong += h.kind != ANSWER || h.number > self->numbers;
    for (uint32_t i = 0; i < WINDOW; i++) {
        if (self->number[i] == h.number) {
            stats(self)->wrong += self->bytes[i] != h.bytes;
            station_heard(self);
            stats(self)->answered++;
            self->answered++;
            note_recovery(self);
            next(self, i);
            return;
        }
    }
    self->late++;
}

/* True: some request waits for its answer. */
static bool ask_again(struct self *self)
{
    bool is_waiting = false;

    for (uint32_t i = 0; i < WINDOW; i++) {
        if (self->number[i] && tess_now() - self->asked_at[i] > tess_ticks_of_ns(AGAIN_NS)) {
            self->again++;
            ask(self, i);
        }
        is_waiting |= self->number[i] != 0;
    }
    return is_waiting;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The times from a kill to the next answer. */
static bool report(struct self *self)
{
    static uint32_t us[1024];
    uint64_t n = stats(self)->recoveries;

    for (uint64_t i = 0; i < n && i < 1024; i++) {
        us[i] = stats(self)->recovery_us[i];
    }
    if (n == 0 || n > 1024) {
        return false;
    }
    qsort(us, n, sizeof us[0], compare);
    printf("%s: %llu recoveries, median %u us, 99 of 100 within %u us, longest %u us\n", SELF_PATH,
           (unsigned long long)n, (unsigned)us[n / 2], (unsigned)us[n * 99 / 100],
           (unsigned)us[n - 1]);
    return us[n / 2] < 5000 && us[n * 99 / 100] < 50000;
}

static int run(struct self *self)
{
    bool is_good = station_open(self) == TESS_OK;
    uint64_t deadline;

    self->random = 1;
    for (uint32_t i = 0; i < WINDOW; i++) {
        next(self, i);
    }
    while (!finish_wait_until(self, tess_deadline_ns(200000))) {
        station_repost(self);
        (void)ask_again(self);
    }
    self->is_over = true;
    deadline = tess_deadline_ns(100000000);
    while (ask_again(self) && tess_now() < deadline) {
        comp_sleep_until(tess_deadline_ns(200000));
    }
    is_good = is_good && !ask_again(self) && stats(self)->wrong == 0;
    printf("%s: %u requests, %llu answered, %llu of them asked again, %llu answers twice, %llu "
           "wrong\n",
           SELF_PATH, (unsigned)self->numbers, (unsigned long long)self->answered,
           (unsigned long long)self->again, (unsigned long long)self->late,
           (unsigned long long)stats(self)->wrong);
    is_good = report(self) && is_good;
    printf("%s: %s\n", SELF_PATH, is_good ? "ok" : "FAILED");
    over_emit(self);
    return 0;
}
