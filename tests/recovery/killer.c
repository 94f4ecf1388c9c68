#include <stdio.h>

#include <comp/sleep.h>

#include "Killer.h"
#include "digest.h"

struct self {
    uint64_t random;
};

int run(struct self *self)
{
    uint32_t worker = 0, kills = 0;

    self->random = 42;
    if (supervisor_find(self, "worker", &worker)) {
        printf("killer: there is no worker\n");
        finish_emit(self);
        return 1;
    }
    while (kills < KILLS) {
        /* up to 200 us: at any instruction of a call, of the restart, of the replay */
        comp_sleep_until(tess_deadline_ns(1000 + pseudo_random(&self->random) % 200000));
        if (supervisor_kill(self, worker) == TESS_OK) {
            kills++;
        }
    }
    comp_sleep_until(tess_deadline_ns(50000000));
    printf("killer: %u kills\n", (unsigned)kills);
    finish_emit(self);
    return 0;
}
