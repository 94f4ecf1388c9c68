/* Counts its lives. */
#include <stdlib.h>

#include "Server.h"

struct self {
};

static void init(struct self *self)
{
    lives(self)->starts++;
}

static enum tess_err s_starts(struct self *self, uint32_t *starts)
{
    *starts = lives(self)->starts;
    return TESS_OK;
}

static enum tess_err s_crash(struct self *self)
{
    abort();
}
