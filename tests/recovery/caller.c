/* Calls without a pause, later with some; every answer must be right, and no call may fail. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Caller.h"

struct self {
    uint64_t calls, failed, wrong, added, total;
    uint64_t versions[8];
    uint64_t slowest;
};

static void expect(struct self *self, enum tess_err err, int is_right)
{
    self->calls++;
    self->failed += err != TESS_OK;
    self->wrong += err == TESS_OK && !is_right;
}

static void call_all(struct self *self)
{
    uint64_t y = 0, total = 0, x = self->calls;
    uint32_t version = 0;

    expect(self, turn_version(self, &version), version == 1 || version == 2);
    self->versions[version & 7]++;
    expect(self, turn_enter(self, x, &y), y == x + 1);
    expect(self, turn_enter(self, y, &y), y == x + 2);
    expect(self, turn_leave(self, &y), y >= 1);
    expect(self, turn_add(self, 1, &total), total > self->total);
    self->total = total;
    self->added++;
}

int run(struct self *self)
{
    int calm = 0;

    expect(self, turn_open(self), 1);
    while (!finish_poll(self)) {
        calm = calm_poll(self) || calm;
        if (calm) {
            comp_sleep_until(tess_deadline_ns(200000));
        }
        uint64_t start = tess_now();

        call_all(self);
        uint64_t ticks = tess_now() - start;
        self->slowest = ticks > self->slowest ? ticks : self->slowest;
    }
    printf("%s: %llu calls, slowest round %llu us; version 1: %llu, version 2: %llu; total %llu, "
           "own %llu\n",
           SELF_PATH, (unsigned long long)self->calls,
           (unsigned long long)tess_ns_of_ticks(self->slowest) / 1000,
           (unsigned long long)self->versions[1], (unsigned long long)self->versions[2],
           (unsigned long long)self->total, (unsigned long long)self->added);
    printf("%s: %llu failed, %llu wrong: %s\n", SELF_PATH, (unsigned long long)self->failed,
           (unsigned long long)self->wrong,
           self->failed || self->wrong || !self->versions[2] ? "FAILED" : "ok");
    return 0;
}
