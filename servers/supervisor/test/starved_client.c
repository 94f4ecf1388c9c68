#include <stdio.h>

#include <comp/sleep.h>

#include "StarvedClient.h"

struct self {
    uint64_t answer;
};

static void answer_ask_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t answer)
{
    (void)cookie;
    self->answer = err ? 0 : answer;
}

static int run(struct self *self)
{
    struct domain_info info = { 0 };
    uint64_t began = tess_now();
    uint32_t server = 0;

    (void)supervisor_find(self, "server", &server);
    (void)answer_ask_start(self, 0, 41); /* it is answered before this returns */
    go_emit(self);
    comp_sleep_until(tess_deadline_ns(100000000));
    (void)supervisor_domain(self, server, &info);
    printf("starved: answer %u after %s, the server has failed %u times\n", (unsigned)self->answer,
           tess_ns_of_ticks(tess_now() - began) > 2000000000u ? "2 s" : "a short time",
           (unsigned)info.failures);
    return 0;
}
