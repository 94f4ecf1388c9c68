/* Copies the number to another place and posts that. */
#include "Intermediary.h"

struct self {
};

static enum tess_err p1_post(struct self *self, uint32_t at)
{
    if (at >= D_BYTES - 16) {
        return TESS_RANGE;
    }
    d(self)[at + 16] = d(self)[at];
    return p2_post(self, at + 16);
}
