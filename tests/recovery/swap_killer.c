/* Begins a swap and lets the standby kill the primary up to 200 us later, at another moment each time. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Killer.h"

#define MS      1000000ull
#define RUNNING 2u /* enum domain_state of supervisor.idl */

struct self {
    uint32_t turn;
    uint32_t wrong, stuck, swapped, back;
};

static void kill_after(struct self *self, uint64_t ns)
{
    enum tess_err err = TESS_AGAIN;

    for (uint32_t i = 0; i < 100 && err == TESS_AGAIN; i++) { /* the standby may not be there yet */
        err = supervisor_fail(self, SUPERVISOR_FAILURE_KILL, ns);
        if (err == TESS_AGAIN) {
            comp_sleep_until(tess_deadline_ns(MS));
        }
    }
}

/* What runs when no swap is in progress any more; its number of ticks is bounded. */
static uint32_t settled(struct self *self)
{
    struct domain_info info = { 0 };

    for (uint32_t i = 0; i < 2000; i++) {
        comp_sleep_until(tess_deadline_ns(MS / 2));
        if (supervisor_domain(self, self->turn, &info) == TESS_OK && !info.swap &&
            info.state == RUNNING) {
            return info.image;
        }
    }
    self->stuck++;
    return 99;
}

/* To the other version, or every third time to one that crashes: that must be rolled back. */
static void try_one(struct self *self, uint32_t i)
{
    uint32_t before = settled(self), wanted = i % 3 == 2 ? 2 : 1 - before;

    kill_after(self, 1000 + i * 1327 % 200000);
    (void)supervisor_swap(self, self->turn, wanted);
    uint32_t after = settled(self);

    self->swapped += after == wanted;
    self->back += after == before;
    self->wrong += after != before && (after != wanted || wanted == 2);
}

int run(struct self *self)
{
    struct supervisor_info info = { 0 };

    (void)supervisor_find(self, "turn", &self->turn);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        try_one(self, i);
    }
    comp_sleep_until(tess_deadline_ns(5 * MS));
    (void)supervisor_info(self, &info);
    printf("killer: %u takeovers, %u swapped, %u as before\n", (unsigned)info.takeovers,
           self->swapped, self->back);
    printf("killer: %s\n",
           self->wrong || self->stuck || info.takeovers < ROUNDS / 2 || !self->swapped ? "FAILED"
                                                                                       : "ok");
    finish_emit(self);
    return 0;
}
