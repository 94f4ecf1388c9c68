#include <stdio.h>

#include "Waiter.h"

struct self {
    uint64_t answered;
};

enum tess_err ask_ask(struct self *self, uint64_t *answered)
{
    *answered = ++self->answered;
    return TESS_OK;
}

int run(struct self *self)
{
    uint64_t begin = tess_now();
    bool came = bell_wait_until(self, tess_deadline_ns(5000000));
    uint64_t ms = tess_ns_of_ticks(tess_now() - begin) / 1000000;

    printf("waiter: %s after 5 ms, %s calls answered\n", came || ms != 5 ? "wrong" : "nothing",
           self->answered ? "some" : "no");
    came = bell_wait_until(self, tess_deadline_ns(1000000000));
    printf("waiter: %s\n", came ? "the bell" : "nothing");
    return 0;
}
