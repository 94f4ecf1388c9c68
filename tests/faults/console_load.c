/*
 * Prints numbered lines, one a call.  A call that gives GONE was perhaps not done: it is repeated, so lines may come twice,
 * but each number that was completed must be there.  So is one whose receipt is not that of the line.
 */
#include <stdio.h>

#include <comp/sleep.h>
#include <plausible/ask.h>

#include "FaultConsoleLoad.h"

struct self {
    uint64_t number;
    struct plausible_asked asked;
};

static enum tess_err print(struct self *self)
{
    char text[80];
    int bytes = snprintf(text, sizeof text, "line %llu of fault campaign, again %llu\n",
                         (unsigned long long)self->number, (unsigned long long)self->number);

    return plausible_print(&self->asked, self, out_print, out_watch(), text, (uint32_t)bytes);
}

static int run(struct self *self)
{
    volatile struct load_report *r = report(self);

    for (;;) {
        enum tess_err err = print(self);

        if (err == TESS_GONE) {
            continue;
        }
        r->at[r->completed % 1024] = tess_now();
        r->completed++;
        if (err) {
            r->failed++;
            r->error = err;
        }
        self->number++;
        r->verified = r->orders;
        comp_sleep_until(tess_deadline_ns(50000));
    }
    return 0;
}
