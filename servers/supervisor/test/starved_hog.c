#include "StarvedHog.h"

#define TAKEN_NS 2500000000u

struct self {
    char unused;
};

static void go_handle(struct self *self)
{
    uint64_t end = tess_deadline_ns(TAKEN_NS);

    (void)self;
    while (tess_now() < end) {
        comp_alive();
    }
}
