/* Adds one. */
#include "C.h"

struct self {
};

static enum tess_err p_increment(struct self *self, int32_t x, int32_t *next)
{
    *next = x + 1;
    return TESS_OK;
}
