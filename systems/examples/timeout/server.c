/* Works for as long as it is told to. */
#include <tess/time.h>

#include "Server.h"

struct self {
};

static enum tess_err s_work(struct self *self, uint32_t ms, uint32_t *done)
{
    uint64_t end = tess_deadline_ns((uint64_t)ms * 1000000);

    while (tess_now() < end) {
    }
    *done = ms;
    return TESS_OK;
}
