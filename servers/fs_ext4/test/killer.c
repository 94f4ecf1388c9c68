/* Kills the file system and its disk's driver in turn, at any instruction, until it has done so often enough. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/random.h>

#include "FsKiller.h"

struct self {
    uint64_t random;
};

static int run(struct self *self)
{
    uint32_t victim[2] = { 0, 0 };
    struct domain_info info[2];

    self->random = SEED;
    if (supervisor_find(self, "fs", &victim[0]) != TESS_OK ||
        supervisor_find(self, "driver", &victim[1]) != TESS_OK) {
        printf("killer: FAILED to find them\n");
    }
    for (uint32_t i = 0; i < KILLS; i++) {
        comp_sleep_until(
            tess_deadline_ns(1000ull * (PAUSE_US + tess_random(&self->random) % SPREAD_US)));
        if (supervisor_kill(self, victim[i % 2]) != TESS_OK) {
            printf("killer: FAILED to kill\n");
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        (void)supervisor_domain(self, victim[i], &info[i]);
    }
    printf("killer: %u failures of the file system, %u of the driver\n", (unsigned)info[0].failures,
           (unsigned)info[1].failures);
    return 0;
}
