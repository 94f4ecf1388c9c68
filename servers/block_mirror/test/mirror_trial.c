/* A trouble is: what happens to which disk for how long. The load must notice nothing but a pause. */
#include <stdio.h>

#include <comp/sleep.h>
#include <tess/time.h>

#include "MirrorTrial.h"

#define MS       1000000ull
#define LIMIT_MS 30000u
#define PAUSE_MS                                                                                   \
    600u /* the longest without a completion: that a disk is silent is seen after 250 ms */

#define SILENT                                                                                     \
    (FAULTY_KIND_LOST | FAULTY_KIND_SHORT | FAULTY_KIND_TORN | FAULTY_KIND_MISDIRECTED |           \
     FAULTY_KIND_CORRUPT | FAULTY_KIND_STALE | FAULTY_KIND_CORRUPT_READ)

struct self {
    uint64_t unused;
};

static volatile struct faulty_control *control(struct self *self, uint32_t disk)
{
    return disk ? second(self) : first(self);
}

static uint64_t happened(struct self *self, uint32_t disk)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < 10; i++) {
        sum += control(self, disk)->done[i];
    }
    return sum;
}

/* The longest time without a completion, in ms, while ms pass. */
static uint64_t longest_pause(struct self *self, uint64_t ms)
{
    uint64_t longest = 0, pause = 0, last = stats(self)->completed;

    for (uint64_t i = 0; i < ms; i += 10) {
        comp_sleep_until(tess_deadline_ns(10 * MS));
        pause = stats(self)->completed == last ? pause + 10 : 0;
        last = stats(self)->completed;
        longest = pause > longest ? pause : longest;
    }
    return longest;
}

static bool becomes_whole(struct self *self)
{
    uint64_t limit = tess_deadline_ns(LIMIT_MS * MS);

    do {
        comp_sleep_until(tess_deadline_ns(10 * MS));
    } while ((report(self)->disk[0] != 3 || report(self)->disk[1] != 3) && tess_now() < limit);
    return tess_now() < limit;
}

static void trouble(struct self *self, const char *what, uint32_t disk, uint32_t kinds,
                    uint32_t one_in, uint64_t ms, bool is_left)
{
    uint64_t before = happened(self, disk), left = report(self)->left[disk], pause;
    bool is_whole;

    control(self, disk)->one_in = one_in;
    control(self, disk)->kinds = kinds;
    pause = longest_pause(self, ms);
    control(self, disk)->kinds = 0;
    is_whole = becomes_whole(self);
    left = report(self)->left[disk] - left;
    printf("trial: disk %u %s: %s, %s, %s, %s\n", (unsigned)disk, what,
           happened(self, disk) > before ? "it happens" : "FAILED to happen",
           (left != 0) == is_left ? is_left ? "left behind" : "stays"
           : is_left              ? "FAILED to be left behind"
                                  : "FAILED: left behind",
           pause <= PAUSE_MS ? "the load goes on" : "FAILED: the load waits",
           is_whole ? "whole again" : "FAILED to become whole");
}

static int run(struct self *self)
{
    if (!becomes_whole(self)) {
        printf("trial: FAILED: not whole at first\n");
    }
    for (uint32_t disk = 0; disk < 2; disk++) {
        trouble(self, "loses and damages what it is given", disk, SILENT, 50, 300, false);
        trouble(self, "gives errors", disk, FAULTY_KIND_FAILED, 1, 300, true);
    }
    trouble(self, "is silent", 0, FAULTY_KIND_NEVER, 1, 800, true);
    printf("trial: %s\n", report(self)->healed ? "reads were healed" : "FAILED: nothing to heal");
    finish_emit(self);
    return 0;
}
