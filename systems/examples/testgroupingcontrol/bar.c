/* Two pings are expected. */
#include <stdio.h>

#include "Bar.h"

struct self {
    unsigned pings;
};

static enum tess_err p_ping(struct self *self)
{
    self->pings++;
    if (self->pings == 2) {
        printf("All OK\n");
    } else if (self->pings > 2) {
        printf("FAIL\n");
    }
    return TESS_OK;
}
