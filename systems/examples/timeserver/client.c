/* Three periods, a time from now, a time on the clock. */
#include "Client.h"
#include "../must.h"

#define SECOND 1000000000ull
#define WAIT   SECOND

enum {
    TICKS = 3,
};

struct self {
};

static uint64_t now(struct self *self)
{
    uint64_t ns;

    must(timer_time(self, &ns));
    return ns;
}

static void tick(struct self *self)
{
    timeout_wait(self);
    printf("Tick\n");
}

static int run(struct self *self)
{
    uint64_t start = now(self);

    must(timer_periodic(self, WAIT));
    for (int i = 0; i < TICKS; i++) {
        tick(self);
    }
    expect(now(self) - start >= (TICKS - 1) * WAIT);
    must(timer_oneshot_relative(self, WAIT));
    tick(self);
    start = now(self);
    must(timer_oneshot_absolute(self, start + WAIT));
    tick(self);
    expect(now(self) - start >= WAIT);
    must(timer_stop(self));
    printf("BOOM!\n");
    return 0;
}
