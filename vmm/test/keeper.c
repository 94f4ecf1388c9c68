/* Saves a guest, spoils it, and brings it back; see parts.adl. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Keeper.h"

struct self {
    bool is_up;
};

static void up_handle(struct self *self)
{
    self->is_up = true;
}

static void wait_ms(uint64_t ms)
{
    comp_sleep_until(tess_deadline_ns(ms * 1000000));
}

static int run(struct self *self)
{
    enum guest_state state;
    uint32_t resets;
    uint64_t exits, more;
    enum tess_err err;

    for (unsigned ms = 0; ms < 10000 && !self->is_up; ms++) {
        wait_ms(1);
    }
    err = guest_load(self);
    printf("keeper: load before save: %s\n",
           err == (enum tess_err)GUEST_ERROR_NOT_SAVED ? "there is none" : "FAILED");
    wait_ms(AFTER_MS);
    (void)guest_status(self, &state, &resets, &exits);
    printf("keeper: and it runs on: %s\n", state == GUEST_STATE_RUNS ? "ok" : "FAILED");
    err = guest_pause(self);
    (void)guest_status(self, &state, &resets, &exits);
    wait_ms(100);
    (void)guest_status(self, &state, &resets, &more);
    printf("keeper: paused: %s\n",
           !err && state == GUEST_STATE_PAUSED && more == exits ? "ok" : "FAILED");
    err = guest_save(self);
    printf("keeper: saved: %s\n", err ? "FAILED" : "ok");
    err = err ? err : guest_go(self);
    wait_ms(300);
    err = err ? err : guest_reset(self, 1);
    wait_ms(200);
    err = err ? err : guest_load(self);
    printf("keeper: loaded: %s\n", err ? "FAILED" : "ok");
    err = err ? err : guest_go(self);
    printf("keeper: goes on: %s\n", err ? "FAILED" : "ok");
    return 0;
}
