#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "Witness.h"

struct self {
    uint64_t failed;
    uint64_t slowest;
};

#define ROUNDS 4000u

static unsigned failures_of(struct self *self, const char *name)
{
    uint32_t number = 0;
    struct domain_info info = { 0 };

    if (supervisor_find(self, name, &number) || supervisor_domain(self, number, &info)) {
        return 1000;
    }
    return info.failures;
}

int run(struct self *self)
{
    static const char *const good[] = { "server", "flooder", "target",
                                        "leaker", "forker",  "terminal.console" };
    uint64_t begin = tess_now();
    bool ok;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t y = 0, start = tess_now();

        if (work_square(self, i, &y) || y != i * i) {
            self->failed++;
        }
        uint64_t ticks = tess_now() - start;
        self->slowest = ticks > self->slowest ? ticks : self->slowest;
        /* over a time in which the looper is found hanging as often as it may be */
        comp_sleep_until(tess_deadline_ns(500000));
    }
    ok = self->failed == 0;
    printf("witness: %llu ms\n",
           (unsigned long long)(tess_ns_of_ticks(tess_now() - begin) / 1000000));
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
        unsigned failures = failures_of(self, good[i]);

        if (failures) {
            printf("witness: %s has failed %u times\n", good[i], failures);
            ok = false;
        }
    }
    printf("witness: looper has failed %u times\n", failures_of(self, "looper"));
    printf("witness: slowest call %llu us\n",
           (unsigned long long)tess_ns_of_ticks(self->slowest) / 1000);
    /* whoever is more urgent has 1 ms in 10; a call waits for three of them at most */
    printf("witness: %s\n", ok && tess_ns_of_ticks(self->slowest) < 5000000 ? "ok" : "FAILED");
    return 0;
}
