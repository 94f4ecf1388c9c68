/* Kills the driver again and again, at any instruction. */
#include <stdio.h>

#include <comp/sleep.h>

#include "ClockKiller.h"
#include "random.h"

struct self {
    uint64_t random;
};

static int run(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t victim = 0;

    self->random = 3;
    if (supervisor_find(self, "driver", &victim) != TESS_OK) {
        printf("killer: FAILED to find the driver\n");
    }
    for (uint32_t i = 0; i < KILLS; i++) {
        if (supervisor_kill(self, victim) != TESS_OK) {
            printf("killer: FAILED to kill\n");
        }
        /* most while it works, some when it waits for an alarm */
        comp_sleep_until(tess_deadline_ns(random_next(&self->random) % 100000000));
    }
    (void)supervisor_domain(self, victim, &info);
    printf("killer: %u failures of the driver\n", (unsigned)info.failures);
    printf("killer: %s\n", info.failures * 10 >= KILLS * 9 ? "ok" : "FAILED");
    over_emit(self);
    return 0;
}
