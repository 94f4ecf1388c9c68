/* Rounds of a put and of several gets in flight while the driver is killed: what comes back is what was put. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "EduClient.h"

#define ROUNDS 10u
#define GETS   4u
#define BYTES  512u

struct self {
    uint8_t written[BYTES];
    uint32_t outstanding, wrong;
};

static void store_put_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    (void)cookie;
    (void)err;
}

static void store_get_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    const uint8_t *got = store_buffer(self) + cookie * BYTES;

    self->wrong += err != TESS_OK || memcmp(got, self->written, BYTES) != 0;
    self->outstanding--;
}

static void round_of(struct self *self, uint32_t driver, uint32_t n)
{
    memset(self->written, (int)(n + 1), BYTES);
    memset(store_buffer(self), 0, GETS * BYTES);
    self->wrong += store_put(self, 0, BYTES, self->written) != TESS_OK;
    for (uint32_t i = 0; i < GETS; i++) {
        self->wrong += store_get_start(self, i, 0, BYTES, i * BYTES) != TESS_OK;
        self->outstanding++;
    }
    comp_sleep_until(tess_deadline_ns(n * 30000000ull));
    self->wrong += supervisor_kill(self, driver) != TESS_OK;
    while (self->outstanding) {
        comp_sleep_until(tess_deadline_ns(10000000));
    }
}

static int run(struct self *self)
{
    uint32_t driver = 0;

    (void)supervisor_find(self, "driver", &driver);
    for (uint32_t n = 0; n < ROUNDS; n++) {
        round_of(self, driver, n);
    }
    printf("edu: %u rounds, the driver killed in each, %u wrong\n", ROUNDS, (unsigned)self->wrong);
    return 0;
}
