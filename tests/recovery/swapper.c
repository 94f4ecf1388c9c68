/* Replaces the server, and looks how each attempt has ended. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "Swapper.h"

struct self {
    uint32_t turn;
};

#define MS 1000000ull

/* Begin, wait for the end: the alternative that runs then. */
static uint32_t swap_to(struct self *self, uint32_t alternative)
{
    struct domain_info info = { 0 };

    if (supervisor_swap(self, self->turn, alternative)) {
        return 99;
    }
    do {
        comp_sleep_until(tess_deadline_ns(MS / 10));
        if (supervisor_domain(self, self->turn, &info)) {
            return 98;
        }
    } while (info.swap);
    return info.image;
}

static void back_and_forth(struct self *self)
{
    uint64_t worst = 0;
    uint32_t wrong = 0;

    for (uint32_t i = 1; i <= SWAPS; i++) {
        uint64_t start = tess_now();

        wrong += swap_to(self, i % 2) != i % 2;
        uint64_t ticks = tess_now() - start;
        worst = ticks > worst ? ticks : worst;
        comp_sleep_until(tess_deadline_ns(MS));
    }
    printf("swapper: slowest swap %llu us\n", (unsigned long long)tess_ns_of_ticks(worst) / 1000);
    printf("swapper: %u swaps, %u failed\n", SWAPS, wrong);
}

static void names(struct self *self)
{
    char name[32];

    for (uint32_t i = 0; supervisor_alternatives(self, self->turn, i, name) == TESS_OK; i++) {
        printf("swapper: alternative %u is %s\n", i, name);
    }
}

static void not_quiet(struct self *self)
{
    enter_emit(self);
    done_wait(self);
    printf("swapper: while somebody is inside: %u\n", swap_to(self, 1));
    leave_emit(self);
    done_wait(self);
    printf("swapper: when he has left: %u\n", swap_to(self, 1));
    printf("swapper: and back: %u\n", swap_to(self, 0));
}

int run(struct self *self)
{
    struct domain_info info = { 0 };

    (void)supervisor_find(self, "turn", &self->turn);
    names(self);
    comp_sleep_until(tess_deadline_ns(2 * MS));
    back_and_forth(self);
    calm_emit(self);
    printf("swapper: one that crashes: %u\n", swap_to(self, 2));
    printf("swapper: one that hangs: %u\n", swap_to(self, 3));
    not_quiet(self);
    (void)supervisor_domain(self, self->turn, &info);
    printf("swapper: failures counted: %u\n", info.failures);
    finish_emit(self);
    return 0;
}
