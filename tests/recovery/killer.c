#include <stdio.h>

#include <comp/sleep.h>

#include "Killer.h"
#include "digest.h"

struct self {
    uint64_t random;
};

int run(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t worker = 0;

    self->random = 42;
    if (supervisor_find(self, "worker", &worker)) {
        printf("killer: there is no worker\n");
        finish_emit(self);
        return 1;
    }
    while (info.failures < KILLS) {
        /* up to 500 us: at any instruction of a call, of the restart, of the replay */
        comp_sleep_until(tess_deadline_ns(1000 + pseudo_random(&self->random) % 500000));
        (void)supervisor_kill(self, worker);
        if (supervisor_domain(self, worker, &info)) {
            break;
        }
    }
    comp_sleep_until(tess_deadline_ns(50000000));
    printf("killer: %u kills\n", (unsigned)info.failures);
    finish_emit(self);
    return 0;
}
