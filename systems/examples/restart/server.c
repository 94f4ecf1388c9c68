/* Adds one, or ends itself. */
#include <stdlib.h>

#include "Server.h"

struct self {
};

static enum tess_err s_next(struct self *self, uint32_t value, uint32_t *result)
{
    *result = value + 1;
    return TESS_OK;
}

static enum tess_err s_crash(struct self *self)
{
    abort();
}
