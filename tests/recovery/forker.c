#include <stdio.h>

#include "Forker.h"

struct self {
    char unused;
};

#define FIRST 128u

int run(struct self *self)
{
    unsigned threads = 0;
    enum tess_err err = TESS_OK;

    (void)self;
    while (!err) {
        uint64_t slot = FIRST + threads;

        err = tess_untyped_retype(COMP_SLOT_UNTYPED, TESS_TYPE_thread, 0, COMP_SLOT_CNODE, slot, 1,
                                  TESS_OFFSET_NEXT);
        if (!err) {
            err = tess_thread_configure(slot, COMP_SLOT_CNODE, COMP_SLOT_VSPACE, 0, 0, 0, 0);
        }
        if (!err) {
            /* it would run at address 0, had it time to run on */
            (void)tess_thread_start(slot, 0, 0, 0, 0);
            threads++;
        }
    }
    printf("forker: %u threads, then error %d\n", threads, (int)err);
    return 0;
}
