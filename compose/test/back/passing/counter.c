/* Counts. */
#include "Counter.h"

struct self {
    uint32_t value;
};

static enum tess_err out_next(struct self *self, uint32_t *value)
{
    *value = ++self->value;
    return TESS_OK;
}
