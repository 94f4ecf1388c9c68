/* Waits for the end of the load, and for disks that are the same. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/time.h>

#include "MirrorEnd.h"

#define MS       1000000ull
#define CALM_MS  300u
#define LIMIT_MS 30000u

struct self {
    uint64_t unused;
};

static int run(struct self *self)
{
    uint64_t calm = 0, limit;

    finish_wait(self);
    limit = tess_deadline_ns(LIMIT_MS * MS);
    while (calm < CALM_MS && tess_now() < limit) {
        volatile struct mirror_report *r = report(self);
        bool is_whole = r->disk[0] == 3 && r->disk[1] == 3;

        calm = is_whole ? calm + 10 : 0;
        comp_sleep_until(tess_deadline_ns(10 * MS));
    }
    printf("mirror: %s\n", calm < CALM_MS ? "FAILED: not whole" : "whole");
    return 0;
}
