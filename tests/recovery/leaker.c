#include <stdio.h>

#include "Leaker.h"

struct self {
    char unused;
};

#define FIRST 128u /* slots from here on are free: see `caps` */

int run(struct self *self)
{
    unsigned frames = 0;
    enum tess_err err = TESS_OK;

    (void)self;
    while (!err) {
        err = tess_untyped_retype(COMP_SLOT_UNTYPED, TESS_TYPE_frame, 4096, COMP_SLOT_CNODE,
                                  FIRST + frames, 1, TESS_OFFSET_NEXT);
        frames += !err;
    }
    printf("leaker: %u frames, then error %d\n", frames, (int)err);
    return 0;
}
