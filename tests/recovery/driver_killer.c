/* Kills a component again and again, at any instruction. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/random.h>

#include "DriverKiller.h"

struct self {
    uint64_t random;
};

static int run(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t victim = 0;

    self->random = 3;
    if (supervisor_find(self, VICTIM, &victim) != TESS_OK) {
        printf("killer: FAILED to find %s\n", VICTIM);
    }
    for (uint32_t i = 0; i < KILLS; i++) {
        if (supervisor_kill(self, victim) != TESS_OK) {
            printf("killer: FAILED to kill\n");
        }
        comp_sleep_until(tess_deadline_ns(tess_random(&self->random) % (MOST_US * 1000ull)));
    }
    (void)supervisor_domain(self, victim, &info);
    printf("killer: %u failures of %s\n", (unsigned)info.failures, VICTIM);
    printf("killer: %s\n", info.failures * 100 >= KILLS * LEAST ? "ok" : "FAILED");
    over_emit(self);
    return 0;
}
