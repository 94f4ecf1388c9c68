/* One lock for all connections.  That only its holder unlocks it is the protocol's business. */
#include "Server.h"

struct self {
    bool held;
};

static enum tess_err a_lock(struct self *self, uint32_t element)
{
    if (self->held) {
        return TESS_AGAIN;
    }
    self->held = true;
    return TESS_OK;
}

static enum tess_err a_unlock(struct self *self, uint32_t element)
{
    self->held = false;
    released_emit(self);
    return TESS_OK;
}
